// A request of the page as text that asks the same of the running server: curl, Python.
//
// What starts a job is answered with its id; both wait for its end in the way that suits them.

import { quoted } from "./shell.ts";

export interface Asked {
  path: string;
  body: unknown;
}

/** For curl, which prints the job's id. */
export function curlOf({ path, body }: Asked, origin: string): string {
  const words = ["curl", "-sS", quoted(origin + path), "-H", "'content-type: application/json'"];
  return `${words.join(" ")} -d ${quoted(JSON.stringify(body))}`;
}

/** For Python without any package; it prints the job when it has ended. */
export function pythonOf({ path, body }: Asked, origin: string): string {
  return `import json, time
from urllib.request import Request, urlopen

SERVER = ${pythonText(origin)}
# A server on another machine asks for a token, too: "authorization": "Bearer …"
HEADERS = {"content-type": "application/json"}


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(SERVER + path, data, HEADERS)) as answer:
        return json.load(answer)


started = ask(${pythonText(path)}, ${pythonText(body)})
job = ask("/api/jobs/" + started["job"])
while job["state"] in ("queued", "running"):
    time.sleep(0.5)
    job = ask("/api/jobs/" + started["job"])
print(job["state"], job["result"] or job["error"])
`;
}

const WORDS = new Map<unknown, string>([
  [null, "None"],
  [undefined, "None"],
  [true, "True"],
  [false, "False"],
]);

/** A JSON value as Python writes it; strings and numbers are the same in both. */
export function pythonText(value: unknown): string {
  const word = WORDS.get(value);
  if (word !== undefined) return word;
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as object)
    // JSON leaves these out.
    .filter(([, of]) => of !== undefined)
    .map(([key, of]) => `${JSON.stringify(key)}: ${pythonText(of)}`);
  return `{${entries.join(", ")}}`;
}
