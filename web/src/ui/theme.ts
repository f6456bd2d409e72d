// Light, dark or high contrast: what a person chose, or what the system asks for.

import { effect, signal } from "@preact/signals";

export type Choice = "system" | "light" | "dark" | "contrast";
export const CHOICES: readonly Choice[] = ["system", "light", "dark", "contrast"];

const KEY = "connectome.theme";

function stored(): Choice {
  const value = localStorage.getItem(KEY) as Choice | null;
  return value && CHOICES.includes(value) ? value : "system";
}

export const choice = signal<Choice>(stored());
/** The theme in force. Rises with every change, so that canvases know to read colours again. */
export const theme = signal<"light" | "dark" | "contrast">("light");

const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const wantsContrast = matchMedia("(prefers-contrast: more)");

function inForce(): "light" | "dark" | "contrast" {
  if (choice.value !== "system") return choice.value;
  if (wantsContrast.matches) return "contrast";
  return wantsDark.matches ? "dark" : "light";
}

function put(now: "light" | "dark" | "contrast"): void {
  document.documentElement.dataset.theme = now;
  document.documentElement.style.colorScheme = now === "dark" ? "dark" : "light";
  theme.value = now;
}

export function startTheme(): void {
  const set = (): void => put(inForce());
  // Paper is white: what is printed has light colours, and the screen's come back after it.
  window.addEventListener("beforeprint", () => {
    if (inForce() === "dark") put("light");
  });
  window.addEventListener("afterprint", set);
  wantsDark.addEventListener("change", set);
  wantsContrast.addEventListener("change", set);
  effect(() => {
    localStorage.setItem(KEY, choice.value);
    set();
  });
}

export function nextTheme(): void {
  choice.value = CHOICES[(CHOICES.indexOf(choice.value) + 1) % CHOICES.length];
}
