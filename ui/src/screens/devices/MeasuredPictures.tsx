// The pictures that the last check of a kind measured. They are asked for only once they are looked
// at; one that is chosen opens larger.
import { Modal, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { CheckPicture } from "../../api/types";
import { count } from "../../words";
import styles from "./MeasuredPictures.module.css";
import { zoneName } from "./zoneName";

/** `pictures` is null where the check kept only its result, and empty where nothing was in view. */
export function MeasuredPictures({ pictures }: { pictures: readonly CheckPicture[] | null }) {
  const [opened, setOpened] = useState(false);
  const [chosen, setChosen] = useState<CheckPicture | null>(null);
  if (pictures === null) return <p className="quiet">This check kept only its result, and no pictures.</p>;
  if (pictures.length === 0) return null;
  return (
    <details className={styles.measured} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary className="quiet">What was measured: {count(pictures.length, "picture")}</summary>
      {opened && (
        <ul className={styles.pictures}>
          {pictures.map((picture) => (
            <li key={picture.shows}>
              <UnstyledButton className={styles.picture} onClick={() => setChosen(picture)}>
                <img src={picture.address} alt="" loading="lazy" />
                <span>{captionOf(picture)}</span>
                <span className="quiet">{exposureText(picture)}</span>
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
      <Modal opened={chosen !== null} onClose={() => setChosen(null)} title={chosen && captionOf(chosen)} size="xl">
        {chosen && (
          <figure className={styles.larger}>
            <img src={chosen.address} alt={captionOf(chosen)} />
            <figcaption className="quiet">Exposure {exposureText(chosen)}. As it was measured, without loss.</figcaption>
          </figure>
        )}
      </Modal>
    </details>
  );
}

/** What a picture shows, in words. */
export function captionOf({ shows }: CheckPicture): string {
  const [kind, name] = shows.split(":", 2);
  if (kind === "zone" && name !== undefined) return `${zoneName(name)} alone`;
  if (kind === "chart" && name !== undefined) return `Chart, picture ${name}`;
  return kind === "together" ? "All zones together" : shows;
}

function exposureText({ exposure_us }: CheckPicture): string {
  return `${(exposure_us / 1_000).toFixed(2)} ms`;
}
