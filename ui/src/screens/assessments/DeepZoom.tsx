// One picture that can be zoomed to its pixels, and a map over it that moves along.
import { ActionIcon } from "@mantine/core";
import OpenSeadragon from "openseadragon";
import { useEffect, useRef } from "react";
import { Glyph } from "../../parts/Glyph";
import styles from "./Viewer.module.css";

interface Props {
  label: string;
  base: string;
  overlay: string | null;
  opacity: number;
}

/** The library writes a style element when it finds none; under our policy it needs the nonce. */
function allowItsStyles(): void {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`) !== null) return;
  const style = document.createElement("style");
  style.setAttribute(name, "");
  style.nonce =
    document.querySelector<HTMLMetaElement>('meta[name="vultus-nonce"]')?.content ?? "";
  document.head.append(style);
}

export function DeepZoom({ label, base, overlay, opacity }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const viewer = useRef<OpenSeadragon.Viewer | null>(null);
  const shown = useRef<OpenSeadragon.TiledImage | null>(null);
  const wanted = useRef(opacity);
  wanted.current = opacity;

  useEffect(() => {
    if (place.current === null) return;
    allowItsStyles();
    const made = OpenSeadragon({
      element: place.current,
      drawer: "canvas",
      showNavigationControl: false,
      animationTime: 0.4,
      maxZoomPixelRatio: 4,
      visibilityRatio: 0.6,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    });
    viewer.current = made;
    return () => {
      viewer.current = null;
      shown.current = null;
      made.destroy();
    };
  }, []);

  useEffect(() => {
    viewer.current?.open({ tileSource: { type: "image", url: base } });
  }, [base]);

  useEffect(() => {
    const made = viewer.current;
    if (made === null || overlay === null) return;
    let gone = false;
    const add = () =>
      made.addTiledImage({
        tileSource: { type: "image", url: overlay },
        width: 1,
        opacity: wanted.current,
        success: (event) => {
          const { item } = event as unknown as { item: OpenSeadragon.TiledImage };
          if (gone) made.world.removeItem(item);
          else shown.current = item;
        },
      });
    if (made.world.getItemCount() > 0) add();
    else made.addOnceHandler("open", add);
    return () => {
      gone = true;
      made.removeHandler("open", add);
      if (shown.current !== null) made.world.removeItem(shown.current);
      shown.current = null;
    };
  }, [base, overlay]);

  useEffect(() => {
    shown.current?.setOpacity(opacity);
  }, [opacity]);

  const zoom = (factor: number) => () => {
    viewer.current?.viewport.zoomBy(factor);
    viewer.current?.viewport.applyConstraints();
  };
  return (
    <div className={styles.zoom} role="group" aria-label={label}>
      <div ref={place} className={styles.place} />
      <div className={styles.buttons}>
        <ActionIcon variant="filled" color="dark" aria-label="Zoom in" onClick={zoom(1.5)}>
          <Glyph name="plus" />
        </ActionIcon>
        <ActionIcon variant="filled" color="dark" aria-label="Zoom out" onClick={zoom(1 / 1.5)}>
          <Glyph name="minus" />
        </ActionIcon>
        <ActionIcon variant="filled" color="dark" aria-label="Show the whole picture" onClick={() => viewer.current?.viewport.goHome()}>
          <Glyph name="fit" />
        </ActionIcon>
      </div>
    </div>
  );
}
