// The prompt, token by token: what comes next at each position, how sure the model is, and the
// probability of a chosen set of tokens. Words can be put in at any place and the text run again.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { forward, tokenize } from "../api/endpoints.ts";
import { modelOf } from "../models/words.ts";
import { newTraceUrl } from "../trace/request.ts";
import { targetText, useTexts } from "../trace/texts.ts";
import { acts } from "../ui/acts.ts";
import { section, useActions } from "../ui/keys.ts";
import { useLoad } from "../ui/load.ts";
import { asksForMenu, openMenu } from "../ui/menu.tsx";
import { percent, raw, signedPoints, signedRaw, tokenText } from "../ui/numbers.ts";
import { Bar, Button, Chip, Empty, Failure, Skeleton } from "../ui/parts.tsx";
import { go } from "../ui/router.ts";
import { toastFailure } from "../ui/toast.tsx";
import type { Forecast, Forward, TargetAsk } from "../wire.ts";
import type { Workspace } from "../workspace/model.ts";
import { AddToken } from "./AddToken.tsx";
import { Chances } from "./Chances.tsx";
import { changeAt, type Edit, putIn, takeOut, told, unchanged } from "./edit.ts";

export function TokenStrip({ work }: { work: Workspace }): JSX.Element {
  const head = work.head.value;
  const edited = useSignal<Edit | null>(null);
  const at = useSignal<number | null>(null);
  if (!head) return <Skeleton lines={3} />;
  if (!head.runnable) {
    return (
      <Empty>
        The model that made this graph cannot be run here
        {head.not_runnable ? `: ${head.not_runnable}` : ""}.
      </Empty>
    );
  }
  return (
    <Strip
      work={work}
      model={modelOf(head)}
      ids={head.tokens.map((token) => token.id)}
      edited={edited.value}
      at={at}
      onEdit={(next) => (edited.value = next)}
    />
  );
}

interface StripProps {
  work: Workspace;
  model: string;
  /** The graph's text. */
  ids: readonly number[];
  edited: Edit | null;
  at: { value: number | null };
  /** Without an edit: back to the graph's text. */
  onEdit: (edit: Edit | null) => void;
}

function Strip({ work, model, ids, edited, at, onEdit }: StripProps): JSX.Element {
  const { watch } = work.view.value;
  const edit = edited ?? unchanged(ids);
  const watched = `${ids.join(",")}; ${watch.join(",")}`;
  // The graph's own text is asked of once for each set of watched tokens.
  const own = useRef<{ watched: string; value: Forward } | null>(null);
  const { state, stale, again } = useLoad(
    async (signal): Promise<Answer> => {
      const ask = (text: readonly number[]): Promise<Forward> => {
        const prompt = { model, text: null, ids: [...text], chat: false, system: null };
        return forward({ prompt, top_k: 8, watch }, signal);
      };
      const was = own.current?.watched === watched ? own.current.value : await ask(ids);
      own.current = { watched, value: was };
      if (told(edit) === "") return { ...was, edit, watch, was: null };
      return { ...(await ask(edit.ids)), edit, watch, was };
    },
    [model, ids.join(",")],
    [edit.ids.join(","), watched],
  );
  useActions(
    acts("Tokens", [
      ["b t", "Watch another token", "watch"],
      ["b i", "Put words in after this token", "put in"],
      ["b o", "Take this token out", "take out"],
      ["b g", "Back to the graph's text", "graph text"],
    ]),
  );
  const load = state.value;
  if (load.is === "loading") return <Skeleton lines={3} label="Running the model" />;
  if (load.is === "failed")
    return <Failure what="The model was not run" why={load.why} again={again} />;
  const { tokens, positions } = load.value;
  const pos = Math.min(at.value ?? positions.length - 1, positions.length - 1);
  const trace = (position: number, targets?: TargetAsk[]): void =>
    go(newTraceUrl({ model, ids: tokens.map(({ id }) => id), position, targets }));
  const openMenuOf = (position: number, where: { x: number; y: number }): void => {
    const watched = load.value.watch.map((id): TargetAsk => ({ kind: "token", id }));
    const ofWatched = () => trace(position, watched);
    openMenu(where, tokenText(tokens[position].text), [
      { title: "Trace from here", key: "t", run: () => trace(position) },
      ...(watched.length > 0
        ? [{ title: "Trace the watched tokens from here", key: "w", run: ofWatched }]
        : []),
    ]);
  };
  return (
    <div class="token-strip" tabIndex={0} role="region" aria-label="Tokens" aria-busy={stale}>
      <Positions
        value={load.value}
        pos={pos}
        onPos={(next) => (at.value = next)}
        onMenu={openMenuOf}
      />
      <div class="strip-detail">
        <NextTokens
          work={work}
          model={model}
          forecast={positions[pos]}
          watch={load.value.watch}
          after={tokenText(tokens[pos].text).trim()}
          onTrace={() => trace(pos)}
        />
        <Splice model={model} edit={edit} pos={pos} onEdit={onEdit} />
      </div>
    </div>
  );
}

interface Answer extends Forward {
  // With what it is of: the next edit is there before its answer.
  edit: Edit;
  watch: readonly number[];
  /** The same of the graph's own text; null if this is it. */
  was: Forward | null;
}

const AGAINST = "Change against the same position of the graph's text";

function Positions(props: {
  value: Answer;
  pos: number;
  onPos: (pos: number) => void;
  onMenu: (pos: number, where: { x: number; y: number }) => void;
}): JSX.Element {
  const { value, pos } = props;
  const most = Math.max(1, ...value.positions.map((forecast) => forecast.entropy_bits));
  const watched = value.watch.length > 0;
  return (
    <ol class="positions" aria-label="Positions">
      {value.tokens.map((token, place) => {
        const forecast = value.positions[place];
        const isPut = value.edit.from[place] === null;
        const change = value.was && changeAt(value.edit, value, value.was, place);
        return (
          <li key={place}>
            <button
              type="button"
              class={isPut ? "token put" : "token"}
              title={isPut ? "Put in: not in the graph's text" : undefined}
              aria-pressed={place === pos}
              onClick={() => props.onPos(place)}
              onContextMenu={(event) => {
                event.preventDefault();
                props.onMenu(place, { x: event.clientX, y: event.clientY });
              }}
              onKeyDown={(event) => {
                if (!asksForMenu(event)) return;
                event.preventDefault();
                const { left, bottom } = event.currentTarget.getBoundingClientRect();
                props.onMenu(place, { x: left, y: bottom });
              }}
            >
              {isPut && <span aria-hidden="true">+</span>}
              {isPut && <span class="spoken">put in: </span>}
              {tokenText(token.text)}
            </button>
            <small title="The most probable next token">
              {tokenText(forecast.top[0]?.text ?? "")} {percent(forecast.top[0]?.p ?? 0)}
            </small>
            <Bar
              share={forecast.entropy_bits / most}
              label={`entropy ${raw(forecast.entropy_bits)} bits`}
            />
            <small title="Entropy of the next token">{raw(forecast.entropy_bits)} bits</small>
            {change && <small title={AGAINST}>Δ {signedRaw(change.bits)} bits</small>}
            {watched && (
              <small class="watched" title="Probability of the watched tokens together">
                p {percent(forecast.watched_total)}
              </small>
            )}
            {watched && change && (
              <small class="watched" title={AGAINST}>
                Δ {signedPoints(change.p)}
              </small>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function NextTokens(props: {
  work: Workspace;
  model: string;
  forecast: Forecast;
  watch: readonly number[];
  after: string;
  onTrace: () => void;
}): JSX.Element {
  const { work, model, forecast, watch, after } = props;
  const tokens = watch.map((id): TargetAsk => ({ kind: "token", id }));
  const texts = useTexts(model, tokens);
  useActions(section("Tokens", [["Shift+k", "Trace from here", props.onTrace]]));
  const toggle = (id: number): void => {
    const now = work.view.value.watch;
    const others = now.filter((one) => one !== id);
    work.do({ do: "watch", tokens: others.length < now.length ? others : [...now, id] });
  };
  return (
    <section>
      <h3>Next token after “{after}”</h3>
      <Chances
        forecast={forecast}
        isPressed={(id) => work.view.value.watch.includes(id)}
        onToggle={toggle}
        title="Watch this token at every position"
      />
      <AddToken
        model={model}
        label="Another token"
        action="Watch"
        field={{ keyName: "b t", act: "watch" }}
        onAdd={(id) => work.view.value.watch.includes(id) || toggle(id)}
      />
      {tokens.length > 0 && (
        <p class="row note">
          {watch.map((id, at) => (
            <Chip key={id} removeLabel="Watch it no more" onRemove={() => toggle(id)}>
              {targetText(tokens[at], texts)} p {percent(forecast.watched[at])}
            </Chip>
          ))}
          {watch.length > 1 && `together p ${percent(forecast.watched_total)} here`}
        </p>
      )}
      <Button
        keyName="Shift+k"
        onClick={props.onTrace}
        title="A new trace of what comes after this token"
      >
        Trace from here
      </Button>
    </section>
  );
}

interface SpliceProps {
  model: string;
  edit: Edit;
  pos: number;
  onEdit: (edit: Edit | null) => void;
}

/** Puts words behind a position, or takes its token out. */
function Splice({ model, edit, pos, onEdit }: SpliceProps): JSX.Element {
  const { ids } = edit;
  const changes = told(edit);
  const text = useSignal("");
  const insert = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.value === "") return;
    try {
      const whole = await tokenize({
        model,
        text: text.value,
        ids: null,
        chat: false,
        system: null,
      });
      const bare = whole.tokens.map((token) => token.id);
      // A first token that the model puts in front of every text stands there already.
      const put = bare[0] === ids[0] && bare.length > 1 ? bare.slice(1) : bare;
      onEdit(putIn(edit, pos, put));
      text.value = "";
    } catch (failure) {
      toastFailure(`Not put in: ${sentence(failure)}.`);
    }
  };
  return (
    <section>
      <h3>Change the text here</h3>
      <form class="row" onSubmit={(event) => void insert(event)}>
        <input
          data-act="put in"
          aria-label="Words to put in after this token"
          placeholder="Words to put in here"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <Button type="submit" keyName="b i">
          Put in
        </Button>
        <Button
          keyName="b o"
          act="take out"
          onClick={() => onEdit(takeOut(edit, pos))}
          disabled={ids.length < 2}
        >
          Take this token out
        </Button>
      </form>
      {changes && <p class="note">{changes}.</p>}
      {changes && (
        <p class="row">
          <Button keyName="b g" act="graph text" onClick={() => onEdit(null)}>
            Back to the graph's text
          </Button>
        </p>
      )}
    </section>
  );
}
