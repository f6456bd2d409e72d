// A table of very many equal rows in a box that scrolls: only those in sight are in the page.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { drawnRows, ROW } from "./rows.ts";

interface LongProps {
  label: string;
  total: number;
  /** The row of names. */
  head: JSX.Element;
  /** Cells of a row. */
  cells: (at: number) => ComponentChildren;
  busy?: boolean;
  /** Where it stands at first, in pixels. */
  start?: number;
  onTop?: (top: number) => void;
  /** Hears which rows are drawn. */
  onRows?: (from: number, to: number) => void;
}

export function Long(props: LongProps): JSX.Element {
  const { total, start = 0, onRows } = props;
  const box = useRef<HTMLDivElement>(null);
  const seen = useSignal({ top: start, height: 600 });
  useLayoutEffect(() => {
    const element = box.current!;
    element.scrollTop = start;
    const observer = new ResizeObserver(() => {
      seen.value = { top: element.scrollTop, height: element.clientHeight };
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { top, height } = seen.value;
  const { from, to, above, below } = drawnRows(top, height, total);
  useEffect(() => onRows?.(from, to), [from, to, onRows]);
  return (
    <div
      ref={box}
      class="long"
      tabIndex={0}
      role="region"
      aria-label={props.label}
      aria-busy={props.busy}
      onScroll={(event) => {
        const now = event.currentTarget.scrollTop;
        props.onTop?.(now);
        // What moves within a row is the browser's.
        if (Math.abs(now - seen.peek().top) < ROW) return;
        seen.value = { ...seen.peek(), top: now };
      }}
    >
      <table class="features" aria-rowcount={total + 1}>
        <thead>{props.head}</thead>
        {above > 0 && <Space height={above} />}
        <tbody>
          {Array.from({ length: to - from }, (_, nth) => (
            <tr key={from + nth} aria-rowindex={from + nth + 2} style={{ height: `${ROW}px` }}>
              {props.cells(from + nth)}
            </tr>
          ))}
        </tbody>
        {below > 0 && <Space height={below} />}
      </table>
    </div>
  );
}

function Space({ height }: { height: number }): JSX.Element {
  return (
    <tbody class="space" aria-hidden="true">
      <tr style={{ height: `${height}px` }} />
    </tbody>
  );
}
