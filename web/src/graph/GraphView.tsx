// The canvas view of a graph: layers by tokens. Pan, zoom, hover, click, lasso.
//
// The canvas is one focusable element; its arrow keys move the selection, and the List view
// beside it has the same content for screen readers.

import { useSignalEffect } from "@preact/signals";
import { select } from "d3-selection";
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity } from "d3-zoom";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { asksForMenu } from "../ui/menu.tsx";
import { pressEnd, pressMenu, pressMove, pressStart, wasLong } from "../ui/press.ts";
import { theme } from "../ui/theme.ts";
import { gathers } from "../workspace/gather.ts";
import { openNodeMenu } from "../workspace/menu.ts";
import type { Workspace } from "../workspace/model.ts";
import { AXIS } from "./axes.ts";
import { type Camera, fitted } from "./camera.ts";
import type { Transform } from "./layer.ts";
import { inside, type Layout, nearest } from "./layout.ts";
import { Minimap } from "./Minimap.tsx";
import { readInk } from "./paint.ts";
import { type Canvases, Scene } from "./scene.ts";
import { MOST_HAZE } from "./still.ts";
import { Tip } from "./Tip.tsx";

const REACH_PX = 18;
const MOST_ZOOM = 6;
const DRAG_PX = 3;
const CANVASES = ["still", "chosen", "hover", "rows", "tokens"] as const;
const PAINTED = "connectome:graph-painted";

export function GraphView({ work, camera }: { work: Workspace; camera: Camera }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const canvases = useRef<Partial<Canvases>>({});
  const scene = useRef<Scene | null>(null);
  const behaviour = useRef<ZoomBehavior<HTMLDivElement, unknown> | null>(null);

  useEffect(() => {
    const element = box.current!;
    const made = new Scene(canvases.current as Canvases, readInk(element), painted);
    scene.current = made;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      camera.size.value = { width, height };
      made.resize(width, height);
      if (!camera.touched) fit(work.layout.peek());
    });
    observer.observe(element);
    const zooming = zoom<HTMLDivElement, unknown>()
      .scaleExtent([0.02, MOST_ZOOM])
      .filter((event: MouseEvent | WheelEvent) => !event.shiftKey && !event.button)
      .on("zoom", (event: D3ZoomEvent<HTMLDivElement, unknown>) => {
        const { k, x, y } = event.transform;
        if (event.sourceEvent) camera.touched = true;
        camera.transform.value = { k, x, y };
        made.setTransform({ k, x, y });
      });
    behaviour.current = zooming;
    select(element).call(zooming).on("dblclick.zoom", null);
    // A view that was hidden meanwhile looks where it looked before.
    if (camera.touched) move(element, zooming, camera.transform.peek());
    camera.moveTo = (transform) => move(element, zooming, transform);
    const fit = (layout: Layout | null): void => {
      const { width, height } = camera.size.peek();
      if (layout && width > 0) move(element, zooming, fitted(layout, width, height));
    };
    camera.fit = () => {
      camera.touched = false;
      fit(work.layout.peek());
    };
    return () => {
      observer.disconnect();
      made.destroy();
      select(element).on(".zoom", null);
    };
  }, [work, camera]);

  useFrames(work, camera, scene, box);
  usePrint(scene, box);
  const { nodeAt, ...pointer } = usePointer(work, camera, scene);

  return (
    <div
      ref={box}
      class="graph"
      tabIndex={0}
      role="application"
      aria-label="Graph: layers by tokens. Arrow keys move the selection; the List view has the same content."
      {...pointer}
      onContextMenu={(event) => {
        const node = nodeAt(event);
        if (node < 0) return;
        event.preventDefault();
        if (pressMenu()) return;
        openNodeMenu(work, node, { x: event.clientX, y: event.clientY });
      }}
      onKeyDown={(event) => {
        const [node] = work.selection.peek();
        if (node === undefined || !asksForMenu(event)) return;
        event.preventDefault();
        openNodeMenu(work, node, screenPlace(event.currentTarget, work, camera, node));
      }}
    >
      {CANVASES.map((name) => (
        <canvas
          key={name}
          class={`canvas-${name}`}
          aria-hidden="true"
          ref={(canvas) => {
            if (canvas) canvases.current[name] = canvas;
          }}
        />
      ))}
      <Tip work={work} camera={camera} />
      <Minimap work={work} camera={camera} />
    </div>
  );
}

/** Marks the end of the first frame that shows the graph: from then on it answers. */
function painted(): void {
  if (performance.getEntriesByName(PAINTED).length > 0) return;
  const channel = new MessageChannel();
  // A message comes after the frame that is being made.
  channel.port1.onmessage = () => performance.mark(PAINTED);
  channel.port2.postMessage(null);
}

function move(
  element: HTMLDivElement,
  zooming: ZoomBehavior<HTMLDivElement, unknown>,
  { k, x, y }: Transform,
): void {
  select(element).call(zooming.transform, zoomIdentity.translate(x, y).scale(k));
}

/** Hands every change of what is shown to the renderer. */
function useFrames(
  work: Workspace,
  camera: Camera,
  scene: { current: Scene | null },
  box: { current: HTMLDivElement | null },
): void {
  const fittedFor = useRef<Layout | null>(null);
  useSignalEffect(() => {
    const pack = work.pack.value;
    const columns = work.columns.value;
    const layout = work.layout.value;
    const shown = work.shown.value;
    const tokens = work.tokens.value;
    if (!pack || !columns || !layout || !shown || !tokens) return;
    scene.current?.setFrame({
      pack,
      columns,
      layout,
      nodes: shown.nodes,
      mask: shown.mask,
      nHaze: Math.min(MOST_HAZE, pack.nEdges),
      tokens,
      selection: work.selection.value,
      links: work.drawnLinks.value,
      hover: work.hover.value,
      hoverLinks: work.drawnHoverLinks.value,
      pins: work.view.value.pins,
      groups: work.view.value.groups,
      matches: work.matches.value,
      strengths: work.strengths.value,
      minShare: work.view.value.filters.minShare,
      sign: work.view.value.filters.sign,
    });
    if (fittedFor.current !== layout && camera.size.value.width > 0 && !camera.touched) {
      fittedFor.current = layout;
      camera.fit();
    }
  });
  const inked = useRef(theme.peek());
  useSignalEffect(() => {
    const now = theme.value;
    // The first colours are read where the scene is made.
    if (now === inked.current) return;
    inked.current = now;
    if (box.current && scene.current) scene.current.setInk(readInk(box.current));
  });
}

/** Of a sheet of A4 within its margins, in pixels. */
const SHEET = 700;

/** On paper the picture has the colours of that theme, and the size and shape of the screen's. */
function usePrint(scene: { current: Scene | null }, box: { current: HTMLDivElement | null }): void {
  useEffect(() => {
    const before = (): void => {
      const element = box.current;
      if (!element || !scene.current) return;
      scene.current.setInk(readInk(element));
      scene.current.paintNow();
      const { clientWidth: width, clientHeight: height } = element;
      element.style.cssText = `width: ${width}px; height: ${height}px; zoom: ${Math.min(1, SHEET / width)}`;
    };
    const after = (): void => {
      const element = box.current;
      if (!element) return;
      element.style.cssText = "";
      scene.current?.setInk(readInk(element));
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
}

/** Where a node is in the window, or the middle of the view. */
function screenPlace(element: HTMLElement, work: Workspace, camera: Camera, node: number) {
  const area = element.getBoundingClientRect();
  const layout = work.layout.peek();
  const { k, x, y } = camera.transform.peek();
  const at = layout && { x: layout.x[node] * k + x, y: layout.y[node] * k + y };
  const seen = at && at.x >= 0 && at.y >= 0 && at.x <= area.width && at.y <= area.height;
  if (!seen) return { x: area.left + area.width / 2, y: area.top + area.height / 2 };
  return { x: area.left + at.x + 10, y: area.top + at.y + 10 };
}

interface Handlers {
  nodeAt: (event: MouseEvent) => number;
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerLeave: () => void;
  onDblClick: (event: MouseEvent) => void;
}

/** Hover, click, Ctrl-click, lasso and double click. Panning is the zoom behaviour's. */
function usePointer(work: Workspace, camera: Camera, scene: { current: Scene | null }): Handlers {
  const lasso = useRef<{ x: number; y: number }[] | null>(null);
  const down = useRef<{ x: number; y: number } | null>(null);
  const frozen = useRef(false);

  const world = (event: PointerEvent | MouseEvent): { x: number; y: number } => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { k, x, y } = camera.transform.peek();
    return { x: (event.clientX - area.left - x) / k, y: (event.clientY - area.top - y) / k };
  };
  const nodeAt = (event: PointerEvent | MouseEvent): number => {
    const layout = work.layout.peek();
    const shown = work.shown.peek();
    if (!layout || !shown) return -1;
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (event.clientX - area.left < AXIS.left - 10) return -1;
    const reach = REACH_PX / camera.transform.peek().k;
    return nearest(layout, shown.nodes, world(event), reach);
  };

  return {
    nodeAt,
    onPointerDown: (event) => {
      down.current = { x: event.clientX, y: event.clientY };
      const node = event.pointerType === "touch" ? nodeAt(event) : -1;
      pressStart(event, () => node >= 0 && work.togglePins([node]));
      if (!event.shiftKey || event.button !== 0) return;
      lasso.current = [world(event)];
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => {
      pressMove(event);
      if (lasso.current) {
        lasso.current.push(world(event));
        scene.current?.setLasso(lasso.current);
        return;
      }
      frozen.current = event.shiftKey;
      if (frozen.current || event.buttons !== 0) return;
      const node = nodeAt(event);
      if (node !== work.hover.peek()) work.hover.value = node;
    },
    onPointerUp: (event) => {
      pressEnd();
      const start = down.current;
      down.current = null;
      const drawn = lasso.current;
      lasso.current = null;
      scene.current?.setLasso([]);
      const moved =
        !start || Math.hypot(event.clientX - start.x, event.clientY - start.y) > DRAG_PX;
      if (drawn && moved) {
        const layout = work.layout.peek();
        const shown = work.shown.peek();
        if (layout && shown) work.select(inside(layout, shown.nodes, drawn));
        return;
      }
      if (moved || event.button !== 0 || wasLong()) return;
      const node = nodeAt(event);
      if (gathers(work, node)) return;
      if (event.shiftKey && node >= 0) work.toggle(node);
      else if ((event.metaKey || event.ctrlKey) && node >= 0) work.togglePins([node]);
      else work.select(node >= 0 ? [node] : []);
    },
    onPointerLeave: () => {
      pressEnd();
      if (!frozen.current) work.hover.value = -1;
    },
    onDblClick: (event) => selectColumnOrRow(work, camera, event),
  };
}

/** A double click on a token's name selects its column, on a layer's name its row. */
function selectColumnOrRow(work: Workspace, camera: Camera, event: MouseEvent): void {
  const layout = work.layout.peek();
  const shown = work.shown.peek();
  const pack = work.pack.peek();
  if (!layout || !shown || !pack) return;
  const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const at = { x: event.clientX - area.left, y: event.clientY - area.top };
  const { k, x, y } = camera.transform.peek();
  if (at.y > area.height - AXIS.bottom) {
    const where = (at.x - x) / k;
    const { left, width } = layout.columns;
    const pos = left.findIndex((edge, column) => where >= edge && where < edge + width[column]);
    work.select([...shown.nodes].filter((node) => pack.pos[node] === pos));
  } else if (at.x < AXIS.left) {
    const where = (at.y - y) / k;
    const row = layout.rows.find((one) => where >= one.top && where < one.top + one.height);
    if (row) work.select([...shown.nodes].filter((node) => pack.layer[node] === row.layer));
  }
}
