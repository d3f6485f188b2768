// What is handed over to a person, shown this once: nothing keeps it once the dialog is closed.
import { Button, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Facts } from "../../parts/Facts";
import { Glyph } from "../../parts/Glyph";
import styles from "./People.module.css";
import { typedSecret } from "./secrets";

export interface Handed {
  name: string;
  account: string;
  /** None where the password was kept. */
  password: string | null;
  /** The address with the one-time secret; none where that was kept. */
  address: string | null;
}

interface Props {
  handed: Handed;
  children?: ReactNode;
  onClose: () => void;
}

export function HandOver({ handed, children, onClose }: Props) {
  const { name, account, password, address } = handed;
  return (
    <Stack gap="sm">
      <p className={styles.once}>
        <Glyph name="eye" size={16} />
        <span>
          <strong>Shown this once.</strong> Hand it to {name} now, in person. Nobody can read it again; if it gets lost,
          issue it anew.
        </span>
      </p>
      <Facts
        items={[
          ["Account", <code className={styles.secret}>{account}</code>],
          ["Password", password && <code className={styles.secret}>{password}</code>],
          ["One-time secret", address && <code className={styles.secret}>{typedSecret(address)}</code>],
          ["As an address", address && <code className={styles.address}>{address}</code>],
        ]}
      />
      <ol className={styles.steps}>
        {address && (
          <li>
            In the authenticator application on {name}’s phone, add an account by hand: type the one-time secret as the
            key, time-based, six digits. An authenticator on a computer takes the address instead.
          </li>
        )}
        {password ? (
          <li>
            {name} signs in with account, this password and the six digits the application shows, and then chooses a
            password of their own. Until then nothing else opens.
          </li>
        ) : (
          <li>{name} signs in with their own password and the six digits the application shows. The old ones end.</li>
        )}
      </ol>
      {children}
      <p className="quiet">You have seen this, so the record says that you issued it.</p>
      <Group justify="flex-end">
        <Button onClick={onClose}>Handed over, close</Button>
      </Group>
    </Stack>
  );
}

/** A dialog that shows secrets is closed by its button alone, not by a slip. */
export const KEPT_OPEN = { closeOnClickOutside: false, closeOnEscape: false, withCloseButton: false } as const;
