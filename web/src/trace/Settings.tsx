// Settings that one prompt and a batch share: a chat turn, and which features get rows.

import type { JSX } from "preact";
import { Field } from "../ui/parts.tsx";
import type { Request } from "./request.ts";

interface SettingsProps {
  request: Request;
  onChange: (to: Partial<Request>) => void;
}

/** Only of a model that knows chats. */
export function Chat({ request, onChange }: SettingsProps): JSX.Element {
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={request.chat}
          onChange={(event) => onChange({ chat: event.currentTarget.checked })}
        />
        as a chat turn
      </label>
      {request.chat && !request.ids && (
        <Field label="What the system says before, if anything">
          <input
            type="text"
            value={request.system}
            onInput={(event) => onChange({ system: event.currentTarget.value, position: null })}
          />
        </Field>
      )}
    </>
  );
}

export function Advanced({ request, onChange }: SettingsProps): JSX.Element {
  return (
    <details class="card">
      <summary>Which features get rows</summary>
      <div class="form-grid">
        <Field label="Rule">
          <select
            value={request.expand}
            onChange={(event) =>
              onChange({ expand: event.currentTarget.value as Request["expand"] })
            }
          >
            <option value="certified">until little influence is unresolved</option>
            <option value="exhaustive">all of them</option>
            <option value="budget">a fixed number, by circuit-tracer's rule</option>
          </select>
        </Field>
        {request.expand === "certified" && (
          <Field label="Unresolved influence, share of the targets' weight">
            <input
              type="number"
              min="0.0001"
              max="0.5"
              step="0.001"
              value={request.tolerance}
              onInput={(event) => onChange({ tolerance: Number(event.currentTarget.value) })}
            />
          </Field>
        )}
        {request.expand === "budget" && (
          <Field label="Features at most">
            <input
              type="number"
              min="1"
              step="100"
              value={request.maxNodes}
              onInput={(event) => onChange({ maxNodes: Number(event.currentTarget.value) })}
            />
          </Field>
        )}
      </div>
    </details>
  );
}
