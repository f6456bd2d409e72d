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
import { pressMenu } from "../ui/press.ts";
import { theme } from "../ui/theme.ts";
import { withCollapsing } from "../workspace/later.ts";
import { openNodeMenu } from "../workspace/menu.ts";
import type { Workspace } from "../workspace/model.ts";
import { type Camera, fitted } from "./camera.ts";
import type { Transform } from "./layer.ts";
import type { Layout } from "./layout.ts";
import { Minimap } from "./Minimap.tsx";
import { readInk } from "./paint.ts";
import { usePointer } from "./pointer.ts";
import { type Canvases, Scene } from "./scene.ts";
import { MOST_HAZE } from "./still.ts";
import { Tip } from "./Tip.tsx";

const MOST_ZOOM = 6;
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
  const { hitAt, handlers } = usePointer(work, camera, scene);

  return (
    <div
      ref={box}
      class="graph"
      tabIndex={0}
      role="application"
      aria-label="Graph: layers by tokens. Arrow keys move the selection; the List view has the same content."
      {...handlers}
      onContextMenu={(event) => {
        const { node, name, mark } = hitAt(event);
        const at = { x: event.clientX, y: event.clientY };
        if (node < 0 && !mark && !name) return;
        event.preventDefault();
        // A finger that rests on a node pins it; on what is no node it asks for the menu.
        const isPress = pressMenu();
        if (mark) {
          work.select(mark.nodes);
          openNodeMenu(work, mark.nodes[0], at);
        } else if (name) withCollapsing((of) => of.openStripMenu(work, name, at));
        else if (!isPress) openNodeMenu(work, node, at);
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
    const under = work.under.value;
    if (!pack || !columns || !layout || !shown || !tokens) return;
    scene.current?.setFrame({
      pack,
      columns,
      layout,
      mask: shown.mask,
      nHaze: Math.min(MOST_HAZE, pack.nEdges),
      tokens,
      selection: work.selection.value,
      links: work.drawnLinks.value,
      hover: work.hover.value,
      hoverLinks: work.drawnHoverLinks.value,
      bar: work.bar.value?.nodes ?? null,
      edge: under?.is === "edge" ? under.edge : null,
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
