// The most probable next tokens, each a button: what pressing one means is the caller's.

import type { JSX } from "preact";
import { percent, tokenText } from "../ui/numbers.ts";
import { Bar } from "../ui/parts.tsx";
import type { Forecast } from "../wire.ts";

export function Chances(props: {
  forecast: Forecast;
  isPressed: (id: number) => boolean;
  onToggle: (id: number) => void;
  title?: string;
}): JSX.Element {
  return (
    <ul class="split-list">
      {props.forecast.top.map((chance) => (
        <li key={chance.id}>
          <button
            type="button"
            class="token"
            aria-pressed={props.isPressed(chance.id)}
            title={props.title}
            onClick={() => props.onToggle(chance.id)}
          >
            {tokenText(chance.text)}
          </button>
          <Bar share={chance.p} label={percent(chance.p)} />
          <span class="number">{percent(chance.p)}</span>
        </li>
      ))}
    </ul>
  );
}
