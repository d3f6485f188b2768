// Taking the surface and its depth away, each file with what it holds; every one is a recorded look.
import { Button } from "@mantine/core";
import type { Attempt } from "../../api/types";
import { Glyph } from "../../parts/Glyph";
import { Panel } from "../../parts/Panel";
import { filesOf } from "./described";
import styles from "./Surface.module.css";

interface Props {
  depth: NonNullable<Attempt["depth"]>;
  session: string;
  triangles: number | null;
}

export function SurfaceDownloads({ depth, session, triangles }: Props) {
  return (
    <Panel title="Take away" aside="recorded as looks">
      <ul className={styles.files}>
        {filesOf(depth, session, triangles).map((file) => (
          <li key={file.name}>
            <Button component="a" href={file.href} download size="compact-sm" variant="default" leftSection={<Glyph name="down" />}>
              {file.name}
            </Button>
            <span className="quiet">{file.size}</span>
            <p>{file.contains}</p>
          </li>
        ))}
      </ul>
      <p className={styles.unit}>Millimetres throughout; x right, y down, z away from the left camera.</p>
    </Panel>
  );
}
