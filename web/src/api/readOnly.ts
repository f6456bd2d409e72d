// Whether the server keeps changes (`connectome serve --read-only` keeps none).

import { signal } from "@preact/signals";
import { file } from "../file/file.ts";
import { status } from "./endpoints.ts";

/** Whether nothing of what is done here is saved, as far as the server has said so. */
export const readOnly = signal(false);

let asked: Promise<boolean> | null = null;

/** Asks once; a server that does not answer is asked again by the next who wants to know. */
export function isReadOnly(): Promise<boolean> {
  if (file) return Promise.resolve(false);
  asked ??= status().then(
    ({ read_only }) => {
      readOnly.value = read_only;
      return read_only;
    },
    () => {
      asked = null;
      return false;
    },
  );
  return asked;
}
