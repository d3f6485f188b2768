// Locks a calibration for use, by signature over exactly what is shown.
import { Modal, Stack } from "@mantine/core";
import { answer, client, writing } from "../../api/client";
import type { Calibration, Device } from "../../api/types";
import { SigningForm } from "../../parts/SigningForm";
import { useMe } from "../../shell/me";
import { CalibrationFacts } from "./CalibrationFacts";

interface Props {
  detail: Device;
  calibration: Calibration;
  onClose: () => void;
}

export function LockDialog({ detail, calibration, onClose }: Props) {
  const me = useMe();
  return (
    <Modal opened onClose={onClose} title="Lock the calibration">
      <Stack gap="sm">
        <p>
          From now on {detail.card.serial} measures with these parameters. You may not lock a
          calibration that you performed yourself.
        </p>
        <CalibrationFacts calibration={calibration} />
        <SigningForm
          digest={calibration.digest}
          signer={me.display_name}
          verb="Lock"
          sign={({ reauthentication, digest }, key) =>
            answer(
              client.POST("/devices/{device}/calibrations/{calibration}/lock", {
                params: { path: { device: detail.card.device, calibration: calibration.calibration } },
                body: { reauthentication, digest },
                headers: writing(key, detail.version),
              }),
            )
          }
          onDone={onClose}
        />
      </Stack>
    </Modal>
  );
}
