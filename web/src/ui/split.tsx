// Two panes with a border that can be dragged, or moved with the arrow keys.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";

interface SplitProps {
  name: string;
  direction: "row" | "column";
  /** Share of the first pane at the start, 0 to 1. */
  start: number;
  first: ComponentChildren;
  second: ComponentChildren;
}

const LEAST = 0.12;

function stored(name: string, start: number): number {
  const value = Number(localStorage.getItem(`connectome.split.${name}`));
  return value >= LEAST && value <= 1 - LEAST ? value : start;
}

export function Split(props: SplitProps): JSX.Element {
  const share = useSignal(stored(props.name, props.start));
  const box = useRef<HTMLDivElement>(null);
  const row = props.direction === "row";
  const set = (value: number): void => {
    share.value = Math.max(LEAST, Math.min(1 - LEAST, value));
    localStorage.setItem(`connectome.split.${props.name}`, String(share.value));
  };
  const onPointerMove = (event: PointerEvent): void => {
    const target = event.currentTarget as HTMLElement;
    if (!target.hasPointerCapture(event.pointerId) || !box.current) return;
    const area = box.current.getBoundingClientRect();
    set(row ? (event.clientX - area.left) / area.width : (event.clientY - area.top) / area.height);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const less = row ? "ArrowLeft" : "ArrowUp";
    const more = row ? "ArrowRight" : "ArrowDown";
    if (event.key === less) set(share.value - 0.03);
    else if (event.key === more) set(share.value + 0.03);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={box} class={`split in-${props.direction}`}>
      <div class="pane" style={{ flex: `${share.value} 1 0` }}>
        {props.first}
      </div>
      <div
        class="divider"
        role="separator"
        tabIndex={0}
        data-arrows
        aria-label={`Border of ${props.name}`}
        aria-orientation={row ? "vertical" : "horizontal"}
        aria-valuenow={Math.round(share.value * 100)}
        aria-valuemin={LEAST * 100}
        aria-valuemax={(1 - LEAST) * 100}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onDblClick={() => set(props.start)}
        onKeyDown={onKeyDown}
      />
      <div class="pane" style={{ flex: `${1 - share.value} 1 0` }}>
        {props.second}
      </div>
    </div>
  );
}
