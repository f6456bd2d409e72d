// The form of a batch: its prompts, line by line as the model takes them, and one set of settings.

import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { sentence } from "../api/client.ts";
import { copyCommand } from "../ui/command.tsx";
import { section, useActions } from "../ui/keys.ts";
import { count } from "../ui/numbers.ts";
import { Button, Chip, Empty, Failure, Field } from "../ui/parts.tsx";
import { BatchCost } from "./BatchCost.tsx";
import { MOST_PROMPTS, requestOf } from "./batch.ts";
import { nTurns, summed, useChecked } from "./check.ts";
import { LeftOut, Lines } from "./Lines.tsx";
import type { FormProps } from "./One.tsx";
import { asText, type Prompts, promptsOf, type Source } from "./prompts.ts";
import { batch, isUnderWay, sending, startBatch } from "./queue.ts";
import { command } from "./request.ts";
import { Advanced, Chat } from "./Settings.tsx";
import { Targets } from "./Targets.tsx";

interface BatchProps extends FormProps {
  source: Signal<Source>;
  onFile: (file: File) => void;
}

/** What the source holds, or why it cannot be read; it was read before, so that this is rare. */
function read(source: Source): { prompts: Prompts; why: string | null } {
  try {
    return { prompts: promptsOf(source), why: null };
  } catch (failure) {
    return { prompts: { lines: [], passed: [], nBlank: 0 }, why: sentence(failure) };
  }
}

export function Batch(props: BatchProps): JSX.Element {
  const { request, onChange, model, models, source, onFile } = props;
  const { prompts, why } = useMemo(() => read(source.value), [source.value]);
  const { lines, passed } = prompts;
  const isTooMany = lines.length > MOST_PROMPTS;
  const checked = useChecked(isTooMany ? [] : lines, request);
  const { good, bad, nLeft, nTokens, longest, notes } = summed(lines, checked.seen);
  const nTwice = nTurns(good, checked.seen);
  const isBusy = sending.value || isUnderWay(batch.value);
  const canStart = !isTooMany && !isBusy && nLeft === 0 && good.length > 0;
  const start = (): void => {
    if (canStart) void startBatch(request, good);
  };
  const copy = (): void => {
    const all = good.map(({ text }) => command(requestOf(request, text), models));
    void copyCommand(all.join("\n"), "It has a line for each prompt.");
  };
  useActions(
    section("New trace", [
      ["mod+Enter", "Trace all prompts", start, () => canStart],
      ["y", "Copy as commands", copy, () => good.length > 0],
    ]),
  );
  const left = [...passed, ...bad].sort((a, b) => a.line - b.line);
  return (
    <>
      <Written source={source} prompts={prompts} chat={request.chat} onFile={onFile} />
      {model.chat && <Chat request={request} onChange={onChange} />}
      {why !== null && <p class="note">Not read: {why}.</p>}
      {isTooMany && (
        <p class="note">
          {count(lines.length)} prompts are more than the {MOST_PROMPTS} that a batch can have, as
          the server keeps its last 200 jobs. Trace them in parts.
        </p>
      )}
      {lines.length === 0 ? (
        <Empty>Write some prompts, one a line, or drop a file of them.</Empty>
      ) : (
        <>
          <p class="note" role="status">
            {promptsText(good.length)}, {count(nTokens)} tokens, the longest {count(longest)}.
            {!isTooMany && nLeft > 0 && ` ${count(nLeft)} are being looked at.`}
            {prompts.nBlank > 0 && ` Blank lines, which are left out: ${count(prompts.nBlank)}.`}
            {notes.length > 0 && ` ${notes.join(" ")}`}
          </p>
          {checked.failed !== null && (
            <Failure
              what="Not all prompts were looked at"
              why={checked.failed}
              again={checked.again}
            />
          )}
          {nTwice > 0 && (
            <p class="row">
              <Chip tone="warn">
                {promptsText(nTwice)} {nTwice === 1 ? "is a chat turn" : "are chat turns"} already,
                and wrapped twice.
              </Chip>
            </p>
          )}
          <LeftOut of={left} />
          <Lines lines={lines} seen={checked.seen} ofAll={notes} />
          <div class="cards">
            <Targets request={request} onChange={onChange} />
            <BatchCost lines={good} request={request} />
          </div>
          <Advanced request={request} onChange={onChange} />
          <div class="row">
            <Button
              kind="primary"
              keyName="mod+Enter"
              title="Trace all prompts, one after the other"
              disabled={!canStart}
              onClick={start}
            >
              Trace {promptsText(good.length)}
            </Button>
            <Button kind="quiet" keyName="y" disabled={good.length === 0} onClick={copy}>
              Copy as commands
            </Button>
            {isBusy && <span class="muted">A batch is under way.</span>}
          </div>
        </>
      )}
    </>
  );
}

function promptsText(n: number): string {
  return n === 1 ? "1 prompt" : `${count(n)} prompts`;
}

/** The prompts as text, or the file that they come from. */
function Written(props: {
  source: Signal<Source>;
  prompts: Prompts;
  chat: boolean;
  onFile: (file: File) => void;
}): JSX.Element {
  const { source, prompts, chat, onFile } = props;
  const { name, text } = source.value;
  const input = useRef<HTMLInputElement>(null);
  useActions(
    section("New trace", [["o", "Open a file of prompts…", () => input.current?.click()]]),
  );
  const set = (to: string): void => {
    source.value = { name: null, text: to };
  };
  const plain = name === null ? null : asText(prompts);
  return (
    <>
      {name === null ? (
        <Field label={chat ? "What the user says, a prompt a line" : "Prompts, one a line"}>
          <textarea
            class="prompt"
            rows={6}
            spellcheck={false}
            value={text}
            onInput={(event) => set(event.currentTarget.value)}
          />
        </Field>
      ) : (
        <p class="row card">
          <span class="grow">
            {promptsText(prompts.lines.length)} from {name}.
          </span>
          {plain === null ? (
            <span class="muted">Some have several lines.</span>
          ) : (
            <Button keyName="Shift+e" act="as text" onClick={() => set(plain)}>
              Edit as text
            </Button>
          )}
          <Button keyName="x" act="write" onClick={() => set("")}>
            Write some instead
          </Button>
        </p>
      )}
      <p class="row">
        <label class="button">
          From a file…
          <input
            ref={input}
            class="only-read"
            type="file"
            accept=".txt,.csv,.jsonl"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file) onFile(file);
              // The same file may be chosen again after a change.
              event.currentTarget.value = "";
            }}
          />
        </label>
        <small class="muted">
          A line each of .txt; the column or field <code>prompt</code> of .csv and .jsonl. It may be
          dropped here, too.
        </small>
      </p>
    </>
  );
}
