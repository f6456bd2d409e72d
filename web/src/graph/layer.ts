// A canvas that shows a finished picture.
//
// What is painted on a canvas of the page is copied for every frame of the whole page, 1 ms each
// without a GPU and whether it changed or not. A picture that was made elsewhere and handed over
// is not: it is taken once.

/** Where a layer's picture lies: the transform that it was painted for. */
export interface Transform {
  k: number;
  x: number;
  y: number;
}

export class Layer {
  /** Of which transform the picture is. */
  drawn: Transform = { k: 1, x: 0, y: 0 };
  private readonly offscreen = new OffscreenCanvas(1, 1);
  private readonly context: OffscreenCanvasRenderingContext2D;
  private readonly shown: ImageBitmapRenderingContext;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly ratio: number,
  ) {
    this.context = this.offscreen.getContext("2d")!;
    this.shown = canvas.getContext("bitmaprenderer")!;
  }

  resize(width: number, height: number): void {
    this.offscreen.width = Math.max(1, Math.round(width * this.ratio));
    this.offscreen.height = Math.max(1, Math.round(height * this.ratio));
  }

  /** Paints a new picture, in coordinates of `transform`, and shows it. */
  paint(transform: Transform, paint: (context: Context) => void): void {
    const { context, ratio } = this;
    const { k, x, y } = transform;
    context.reset();
    context.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y);
    paint(context);
    this.drawn = transform;
    this.shown.transferFromImageBitmap(this.offscreen.transferToImageBitmap());
  }

  /** Shows nothing: what is not there costs nothing when the screen is put together. */
  hide(): void {
    this.canvas.hidden = true;
  }

  show(): void {
    this.canvas.hidden = false;
  }

  isAt({ k, x, y }: Transform): boolean {
    const { drawn } = this;
    return k === drawn.k && x === drawn.x && y === drawn.y;
  }

  /** Puts the picture where another transform wants it. */
  moveTo(transform: Transform): void {
    const { drawn, canvas } = this;
    const zoom = transform.k / drawn.k;
    const [dx, dy] = [transform.x - drawn.x * zoom, transform.y - drawn.y * zoom];
    const by = `matrix(${zoom}, 0, 0, ${zoom}, ${dx}, ${dy})`;
    canvas.style.transform = this.isAt(transform) ? "none" : by;
  }
}

/** What everything here is painted on. */
export type Context = OffscreenCanvasRenderingContext2D;
