// An operand plot on a canvas: a pixel a cell, scaled without smoothing.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { choice } from "../ui/theme.ts";
import { type Cell, cellAt, type Grid, moved, pixels } from "./grid.ts";

type Colour = [number, number, number];

interface Props {
  grid: Grid;
  /** What it shows, in words. */
  label: string;
  /** The cell under the crosshair; a plot without it cannot be pointed at. */
  cell?: Cell | null;
  onCell?: (cell: Cell | null) => void;
}

export function Plot({ grid, label, cell, onCell }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = choice.value;
  // The colours are the theme's, which the canvas reads when it draws.
  useEffect(() => {
    const now = canvas.current;
    const context = now?.getContext("2d");
    if (!now || !context) return;
    const colours = [now, now].map((element, at) =>
      colourOf(element, at === 0 ? "--orange" : "--negative"),
    );
    const data = pixels(grid, colours[0], colours[1]);
    context.putImageData(new ImageData(data, grid.nA, grid.nB), 0, 0);
  }, [grid, theme]);
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    onCell?.(cellAt(grid, x, y));
  };
  const key = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step || !onCell) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    const from = cell ?? { a: 0, b: 0 };
    onCell(cell ? moved(grid, from, step[0] * far, step[1] * far) : from);
  };
  const picture = (
    <canvas
      ref={canvas}
      class="operand"
      width={grid.nA}
      height={grid.nB}
      role={onCell ? undefined : "img"}
      aria-label={onCell ? undefined : label}
    />
  );
  if (!onCell) return picture;
  return (
    <div
      class="operand-pointed"
      role="application"
      tabIndex={0}
      aria-label={`${label}. Arrow keys move from cell to cell, with Shift by ten.`}
      style={{ aspectRatio: `${grid.nA} / ${grid.nB}` }}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={() => onCell(null)}
      onKeyDown={key}
    >
      {picture}
      {cell && (
        <span
          class="crosshair"
          style={{
            left: `${(cell.a / grid.nA) * 100}%`,
            bottom: `${(cell.b / grid.nB) * 100}%`,
            width: `${100 / grid.nA}%`,
            height: `${100 / grid.nB}%`,
          }}
        />
      )}
    </div>
  );
}

const STEPS: Record<string, readonly [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** A colour of the theme as bytes. */
function colourOf(element: HTMLElement, name: string): Colour {
  const text = getComputedStyle(element).getPropertyValue(name).trim();
  const found = /^#([0-9a-f]{6})$/i.exec(text);
  if (!found) return [184, 84, 0];
  const bits = Number.parseInt(found[1], 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}
