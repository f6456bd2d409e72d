// The picture of a graph in the library. Its pack is asked for when its place is seen, a few at a
// time, and is not asked for any more when its place is scrolled away before.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { pack as askPack } from "../api/endpoints.ts";
import { Layer } from "../graph/layer.ts";
import { type Pack, readPack } from "../graph/pack.ts";
import { readInk } from "../graph/paint.ts";
import { Button } from "../ui/parts.tsx";
import { theme } from "../ui/theme.ts";
import { Few } from "./few.ts";
import { drawnOf, paintThumbnail, TOP, wordsOf } from "./thumbnail.ts";

/** Requests at once: the server reads and packs a whole graph for each. */
const few = new Few(2);
/** Packs that are kept, by graph: a graph of an id never changes. */
const packs = new Map<string, Pack>();
const MOST_KEPT = 40;

async function packOf(id: string, signal: AbortSignal): Promise<Pack> {
  const bytes = await few.run((wanted) => askPack(id, TOP, wanted), signal);
  const pack = readPack(bytes);
  packs.set(id, pack);
  for (const oldest of packs.keys()) {
    if (packs.size <= MOST_KEPT) break;
    packs.delete(oldest);
  }
  return pack;
}

type State = { is: "waiting" } | { is: "ready"; pack: Pack } | { is: "failed"; why: unknown };

export function Thumbnail({ id }: { id: string }): JSX.Element {
  const known = packs.get(id);
  const state = useSignal<State>(known ? { is: "ready", pack: known } : { is: "waiting" });
  const seen = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      seen.value = entries.at(-1)?.isIntersecting ?? false;
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const now = state.value;
  useEffect(() => {
    if (!seen.value || now.is !== "waiting") return;
    const abort = new AbortController();
    packOf(id, abort.signal).then(
      (pack) => {
        if (!abort.signal.aborted) state.value = { is: "ready", pack };
      },
      (why: unknown) => {
        if (!abort.signal.aborted) state.value = { is: "failed", why };
      },
    );
    return () => abort.abort();
  }, [id, seen.value, now.is]);
  return (
    <div class="thumbnail" ref={box} aria-busy={now.is === "waiting"}>
      {now.is === "ready" && <Picture pack={now.pack} />}
      {now.is === "failed" && (
        <p role="alert">
          No picture: {sentence(now.why)}.{" "}
          <Button
            kind="quiet"
            onClick={() => {
              state.value = { is: "waiting" };
            }}
          >
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}

function Picture({ pack }: { pack: Pack }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const layer = useRef<Layer | null>(null);
  const drawn = useMemo(() => drawnOf(pack), [pack]);
  const now = theme.value;
  useEffect(() => {
    const ratio = Math.min(2, devicePixelRatio);
    const { clientWidth: width, clientHeight: height } = canvas.current!;
    layer.current ??= new Layer(canvas.current!, ratio);
    layer.current.resize(width, height);
    const side = (length: number): number => Math.max(1, Math.round(length * ratio));
    const image = new ImageData(side(width), side(height));
    const words = new Uint32Array(image.data.buffer);
    const pixels = { width: image.width, height: image.height, words };
    paintThumbnail(pixels, pack, drawn, readInk(canvas.current!).pixel, ratio);
    layer.current.paint({ k: 1, x: 0, y: 0 }, (context) => context.putImageData(image, 0, 0));
  }, [pack, drawn, now]);
  return <canvas ref={canvas} role="img" aria-label={wordsOf(drawn)} />;
}
