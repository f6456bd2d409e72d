// The whole graph in a corner, while the canvas shows a part of it.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../ui/theme.ts";
import type { Workspace } from "../workspace/model.ts";
import { AXIS } from "./axes.ts";
import type { Camera } from "./camera.ts";
import { readInk } from "./paint.ts";

const WIDTH = 132;

export function Minimap({ work, camera }: { work: Workspace; camera: Camera }): JSX.Element | null {
  const canvas = useRef<HTMLCanvasElement>(null);
  const layout = work.layout.value;
  const nodes = work.shown.value?.nodes;
  const now = theme.value;
  const { k, x, y } = camera.transform.value;
  const { width, height } = camera.size.value;
  const all =
    layout !== null &&
    layout.width * k + x <= width + 1 &&
    layout.height * k + y <= height - AXIS.bottom + 1 &&
    x >= AXIS.left - 1 &&
    y >= -1;
  const scale = layout ? WIDTH / Math.max(layout.width, layout.height * 1.2) : 1;
  // A new theme has new colours.
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !layout || !nodes || !canvas.current) return;
    const ink = readInk(canvas.current);
    context.clearRect(0, 0, canvas.current.width, canvas.current.height);
    context.fillStyle = ink.muted;
    for (const node of nodes) {
      context.fillRect(layout.x[node] * scale * 2 - 1, layout.y[node] * scale * 2 - 1, 2, 2);
    }
  }, [layout, nodes, scale, all, now]);
  if (!layout || all || width === 0) return null;
  const go = (event: PointerEvent): void => {
    if (event.type === "pointermove" && event.buttons === 0) return;
    event.stopPropagation();
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = { x: (event.clientX - area.left) / scale, y: (event.clientY - area.top) / scale };
    camera.moveTo({ k, x: width / 2 - at.x * k, y: height / 2 - at.y * k });
  };
  return (
    <div
      class="minimap"
      aria-hidden="true"
      style={{ width: `${layout.width * scale}px`, height: `${layout.height * scale}px` }}
      onPointerDown={go}
      onPointerMove={go}
      onMouseDown={(event) => event.stopPropagation()}
    >
      <canvas ref={canvas} width={layout.width * scale * 2} height={layout.height * scale * 2} />
      <span
        style={{
          left: `${(-x / k) * scale}px`,
          top: `${(-y / k) * scale}px`,
          width: `${(width / k) * scale}px`,
          height: `${((height - AXIS.bottom) / k) * scale}px`,
        }}
      />
    </div>
  );
}
