// Head, banner, and the page of the present address.

import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { online } from "./api/client.ts";
import { isReadOnly, readOnly } from "./api/readOnly.ts";
import { dropping, useDrop } from "./library/open.ts";
import { AskDialog } from "./ui/ask.tsx";
import { EVERYWHERE } from "./ui/everywhere.ts";
import { section, useActions } from "./ui/keys.ts";
import { lazy } from "./ui/lazy.tsx";
import { Mark } from "./ui/Mark.tsx";
import { ContextMenu } from "./ui/menu.tsx";
import { open, Palette } from "./ui/palette.tsx";
import { Button, Chip, Empty } from "./ui/parts.tsx";
import { go, match, place } from "./ui/router.ts";
import { choice, nextTheme } from "./ui/theme.ts";
import { Toasts } from "./ui/toast.tsx";
import { MAIN } from "./workspace/address.ts";
import { WorkspacePage } from "./workspace/WorkspacePage.tsx";

const Compare = lazy(async () => (await import("./compare/Compare.tsx")).Compare);
const FeaturePage = lazy(async () => (await import("./feature/FeaturePage.tsx")).FeaturePage);
const Features = lazy(async () => (await import("./feature/Features.tsx")).Features);
const FigureStudio = lazy(async () => (await import("./figure/FigureStudio.tsx")).FigureStudio);
const Help = lazy(async () => (await import("./help/Help.tsx")).Help);
const Library = lazy(async () => (await import("./library/Library.tsx")).Library);
const Models = lazy(async () => (await import("./models/Models.tsx")).Models);
const NewTrace = lazy(async () => (await import("./trace/NewTrace.tsx")).NewTrace);
const Recurring = lazy(async () => (await import("./compare/Recurring.tsx")).Recurring);
const ProbePage = lazy(async () => (await import("./probe/ProbePage.tsx")).ProbePage);
const Probes = lazy(async () => (await import("./probe/Probes.tsx")).Probes);

type Parts = Record<string, string>;

const PAGES: readonly { pattern: string; show: (parts: Parts) => JSX.Element }[] = [
  { pattern: "", show: () => <Library /> },
  { pattern: "/new", show: () => <NewTrace /> },
  {
    pattern: "/g/:id",
    show: ({ id }) => <WorkspacePage key={`${id} ${view()}`} id={id} viewName={view()} />,
  },
  {
    pattern: "/g/:id/figure",
    show: ({ id }) => <FigureStudio key={`${id} ${view()}`} id={id} viewName={view()} />,
  },
  { pattern: "/cmp", show: () => <Compare /> },
  { pattern: "/recurring", show: () => <Recurring /> },
  { pattern: "/features", show: () => <Features /> },
  {
    pattern: "/f/:set/:layer/:index",
    show: (parts) => (
      <FeaturePage set={parts.set} layer={Number(parts.layer)} index={Number(parts.index)} />
    ),
  },
  { pattern: "/probe", show: () => <Probes /> },
  {
    pattern: "/probe/:number",
    show: ({ number }) => <ProbePage key={number} number={Number(number)} />,
  },
  { pattern: "/m", show: () => <Models /> },
  { pattern: "/help", show: () => <Help /> },
];

/** The view that the address names. */
const view = (): string => place.value.query.get("view") ?? MAIN;

export function App(): JSX.Element {
  useDrop();
  useEffect(() => void isReadOnly(), []);
  useActions([
    ...EVERYWHERE,
    ...section("Go to", [
      ["n", "New trace", () => go("/new")],
      ...LINKS.map(({ href, text, key }) => [key, text, () => go(href)] as const),
    ]),
  ]);
  return (
    <>
      <Top />
      {!online.value && (
        <div class="banner" role="alert">
          The server does not answer.
          {!readOnly.value && " What you change is kept here and saved when it is back."}
        </div>
      )}
      <main id="main" class={dropping.value ? "dropping" : undefined}>
        {page(place.value.path)}
      </main>
      <ContextMenu />
      <Palette />
      <AskDialog />
      <Toasts />
    </>
  );
}

function page(path: string): ComponentChildren {
  for (const { pattern, show } of PAGES) {
    const parts = match(pattern, path);
    if (parts) return show(parts);
  }
  return (
    <div class="sheet narrow">
      <h1>No such page</h1>
      <Empty action={<a href="/">Go to the library</a>}>Nothing lives at {path}.</Empty>
    </div>
  );
}

const LINKS = [
  { href: "/", text: "Library", key: "j l" },
  { href: "/cmp", text: "Compare", key: "j c" },
  { href: "/features", text: "Features", key: "j f" },
  { href: "/probe", text: "Probe", key: "j p" },
  { href: "/m", text: "Models", key: "j m" },
  { href: "/help", text: "Help", key: "j h" },
] as const;

function Top(): JSX.Element {
  const { path } = place.value;
  return (
    <header class="top">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <a class="brand" href="/">
        <Mark />
        <span>Connectome</span>
      </a>
      <nav aria-label="Pages">
        {LINKS.map((link) => (
          <a
            key={link.href}
            href={link.href}
            aria-current={path === link.href ? "page" : undefined}
          >
            {link.text}
          </a>
        ))}
      </nav>
      <span class="grow" />
      {readOnly.value && (
        <Chip
          tone="warn"
          title="The server was started to read. What you change in a graph is gone when you leave it; Share copies a link that carries it."
        >
          read only: nothing is saved
        </Chip>
      )}
      <Button
        kind="quiet"
        keyName="mod+k"
        title="All commands"
        onClick={() => (open.value = "palette")}
      >
        Commands
      </Button>
      <Button
        kind="quiet"
        keyName="d"
        title="Theme: system, light, dark, high contrast"
        onClick={nextTheme}
      >
        {choice.value}
      </Button>
      <Button
        kind="quiet"
        keyName="?"
        title="Keys on this page"
        label="Keys"
        onClick={() => (open.value = "keys")}
      >
        ?
      </Button>
      <a class="button primary" href="/new">
        New trace
      </a>
    </header>
  );
}
