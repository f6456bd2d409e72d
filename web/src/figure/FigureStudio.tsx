// The figure studio: the circuit of a view and some runs as a picture for a paper.
//
// The server draws; the page shows what it drew, so the file and the screen are the same.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { sentence } from "../api/client.ts";
import {
  head as askHead,
  runs as askRuns,
  figure,
  indexPath,
  viewRemote,
} from "../api/endpoints.ts";
import { readView } from "../state/document.ts";
import { settled } from "../state/saver.ts";
import { copyCommand } from "../ui/command.tsx";
import { section, useActions } from "../ui/keys.ts";
import { type Load, useLoad } from "../ui/load.ts";
import { Button, Empty, Failure, Field, NumberField, Skeleton } from "../ui/parts.tsx";
import { saveFile } from "../ui/save.tsx";
import { IN_FOLDER } from "../ui/shell.ts";
import { toastFailure } from "../ui/toast.tsx";
import type { FigureAsk, FigureFormat, FigureOptions, GraphHead, RunRow } from "../wire.ts";
import { graphAddress } from "../workspace/address.ts";
import { figureCommand } from "./command.ts";

const OPTIONS: FigureOptions = {
  title: "",
  baseline: true,
  n_outputs: 6,
  percentages: true,
  prompt: true,
  footer: true,
  automatic_names: true,
  tints: true,
  min_share: 0,
  layout: "automatic",
  theme: "reader",
  width_mm: null,
  scale: 2,
};

const THEMES = [
  { value: "reader", text: "as the reader's screen; light on paper" },
  { value: "light", text: "light" },
  { value: "dark", text: "dark" },
] as const;

/** How wide a figure may be on paper, in millimetres: from and to. */
const WIDTHS = [20, 500] as const;

const LAYOUTS = [
  { value: "automatic", text: "in rows, by the order of computation" },
  { value: "placed", text: "where they stand in the workspace, with notes" },
] as const;

const FORMATS = [
  { format: "svg", key: "s" },
  { format: "pdf", key: "p" },
  { format: "png", key: "g" },
] as const;

interface Source {
  head: GraphHead;
  runs: RunRow[];
  viewName: string;
  /** Whether there is nothing to draw. */
  empty: boolean;
  /** Boxes that were dragged, and notes. */
  moved: number;
  notes: number;
}

export function FigureStudio(props: { id: string; viewName: string }): JSX.Element {
  const { id, viewName } = props;
  const workspace = graphAddress(id, viewName);
  const { state, again } = useLoad(
    async (signal): Promise<Source> => {
      await settled();
      const [head, runs, saved] = await Promise.all([
        askHead(id, signal),
        askRuns(id, signal),
        viewRemote(id, viewName).load(),
      ]);
      const view = saved && readView(saved.view);
      const boxes = (view?.groups.length ?? 0) + (view?.pins.length ?? 0);
      return {
        head,
        runs: runs.filter((run) => !run.validates),
        viewName,
        empty: boxes === 0 && head.groups.length === 0 && head.pinned.length === 0,
        moved: Object.keys(view?.places ?? {}).length,
        notes: view?.notes.length ?? 0,
      };
    },
    [id, viewName],
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={8} />;
  if (load.is === "failed")
    return <Failure what="The figure's graph could not be read" why={load.why} again={again} />;
  return (
    <div class="studio">
      <div class="bar-row">
        <a href={workspace} class="button quiet">
          ← Workspace
        </a>
        <h1 class="clip">Figure: {load.value.head.text}</h1>
      </div>
      {load.value.empty ? (
        <Empty action={<a href={workspace}>Go to the workspace</a>}>
          A figure shows a circuit, and nothing is pinned or grouped in this graph yet.
        </Empty>
      ) : (
        <Studio source={load.value} />
      )}
    </div>
  );
}

function Studio({ source }: { source: Source }): JSX.Element {
  const options = useSignal<FigureOptions>({
    ...OPTIONS,
    layout: source.moved + source.notes > 0 ? "placed" : "automatic",
  });
  const runs = useSignal<readonly number[]>([]);
  const picture = useSignal<Load<string>>({ is: "loading" });
  const round = useSignal(0);
  const ask = (format: FigureFormat): FigureAsk => ({
    graph: source.head.id,
    view: source.viewName,
    groups: null,
    pins: [],
    runs: [...runs.value],
    options: options.value,
    format,
  });
  const key = JSON.stringify(ask("svg"));
  // `key` is the whole request; `round` asks again.
  useEffect(() => {
    const abort = new AbortController();
    let url = "";
    const timer = window.setTimeout(() => {
      figure(ask("svg"), abort.signal).then(
        (blob) => {
          if (abort.signal.aborted) return;
          url = URL.createObjectURL(blob);
          picture.value = { is: "ready", value: url };
        },
        (why) => {
          if (!abort.signal.aborted) picture.value = { is: "failed", why };
        },
      );
    }, 150);
    return () => {
      abort.abort();
      window.clearTimeout(timer);
      if (url) URL.revokeObjectURL(url);
    };
  }, [key, round.value]);
  const set = (to: Partial<FigureOptions>): void => {
    options.value = { ...options.value, ...to };
  };
  const now = picture.value;
  const copy = () => void copyFigure(ask("svg"), source.head.feature_set);
  useActions(
    section("Figure", [
      ...FORMATS.map(
        ({ format, key }) =>
          [key, `Download ${format.toUpperCase()}`, () => void download(ask(format))] as const,
      ),
      ["y", "Copy the command", copy],
    ]),
  );
  return (
    <div class="studio-body">
      <aside class="studio-options stack" aria-label="Options">
        <Field label="Title">
          <input
            value={options.value.title}
            placeholder="the outputs"
            onInput={(event) => set({ title: event.currentTarget.value })}
          />
        </Field>
        <NumberField
          label="Outputs of each run"
          min={0}
          max={20}
          value={options.value.n_outputs}
          onChange={(n_outputs) => set({ n_outputs })}
        />
        <NumberField
          label="Edges from, % of a box's inputs from outside it"
          min={0}
          max={100}
          value={Number((100 * options.value.min_share).toFixed(2))}
          onChange={(share) => set({ min_share: Number((share / 100).toFixed(4)) })}
        />
        <fieldset>
          <legend>Boxes</legend>
          {LAYOUTS.map(({ value, text }) => (
            <label key={value} class="check">
              <input
                type="radio"
                name="layout"
                checked={options.value.layout === value}
                onChange={() => set({ layout: value })}
              />
              {text}
            </label>
          ))}
          {options.value.layout === "automatic" && source.notes > 0 && (
            <small>{source.notes} notes are drawn only where you put them.</small>
          )}
        </fieldset>
        {(
          [
            ["baseline", "panel of the unchanged model"],
            ["percentages", "% of the original activation"],
            ["prompt", "prompt"],
            ["footer", "how the numbers were made"],
            ["tints", "tints of groups"],
            ["automatic_names", "≈ names that a program gave, where nobody did"],
          ] as const
        ).map(([name, text]) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={options.value[name]}
              onChange={(event) => set({ [name]: event.currentTarget.checked })}
            />
            {text}
          </label>
        ))}
        <fieldset>
          <legend>Colours</legend>
          {THEMES.map(({ value, text }) => (
            <label key={value} class="check">
              <input
                type="radio"
                name="theme"
                checked={options.value.theme === value}
                onChange={() => set({ theme: value })}
              />
              {text}
            </label>
          ))}
        </fieldset>
        <NumberField
          label="Width on paper, mm"
          min={WIDTHS[0]}
          max={WIDTHS[1]}
          value={options.value.width_mm}
          placeholder="a unit is a pixel"
          onChange={(width_mm) => set({ width_mm })}
          onEmpty={() => set({ width_mm: null })}
        />
        <fieldset>
          <legend>Tests as panels</legend>
          {source.runs.length === 0 && <small>No test was run on this graph.</small>}
          {source.runs.map((run) => (
            <label key={run.number} class="check clip">
              <input
                type="checkbox"
                checked={runs.value.includes(run.number)}
                onChange={(event) => {
                  const rest = runs.value.filter((number) => number !== run.number);
                  runs.value = event.currentTarget.checked ? [...rest, run.number] : rest;
                }}
              />
              #{run.number} {run.name}
            </label>
          ))}
        </fieldset>
        <div class="row">
          {FORMATS.map(({ format, key }) => (
            <Button key={format} keyName={key} onClick={() => void download(ask(format))}>
              {format.toUpperCase()}
            </Button>
          ))}
        </div>
        <Button kind="quiet" keyName="y" onClick={copy}>
          Copy the command
        </Button>
        <small>The file holds what made it: model, dictionary, view and runs.</small>
      </aside>
      <div class="studio-picture" tabIndex={0} role="region" aria-label="Figure">
        {now.is === "loading" && <Skeleton lines={8} label="Drawing" />}
        {now.is === "failed" && (
          <Failure what="The figure was not drawn" why={now.why} again={() => round.value++} />
        )}
        {now.is === "ready" && <img src={now.value} alt={`Circuit of “${source.head.text}”`} />}
      </div>
    </div>
  );
}

async function download(ask: FigureAsk): Promise<void> {
  try {
    saveFile(`${ask.graph}.${ask.format}`, await figure(ask));
  } catch (failure) {
    toastFailure(`Not drawn: ${sentence(failure)}.`);
  }
}

async function copyFigure(ask: FigureAsk, set: string | null): Promise<void> {
  try {
    const index = await indexPath(set);
    await copyCommand(figureCommand(ask, index), `${IN_FOLDER} It gives the same bytes.`);
  } catch (failure) {
    toastFailure(`Not copied: ${sentence(failure)}.`);
  }
}
