// The theme on paper.

import { describe, expect, it, vi } from "vitest";

const on = new Map<string, () => void>();
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
vi.stubGlobal("window", {
  addEventListener: (name: string, listener: () => void) => on.set(name, listener),
});
const root = { dataset: { theme: "" }, style: { colorScheme: "" } };
vi.stubGlobal("document", { documentElement: root });
const { choice, startTheme, theme } = await import("../../src/ui/theme.ts");

describe("print", () => {
  it("has light colours in the dark theme, which then comes back", () => {
    startTheme();
    choice.value = "dark";
    expect(root.dataset.theme).toBe("dark");
    on.get("beforeprint")?.();
    expect(root).toEqual({ dataset: { theme: "light" }, style: { colorScheme: "light" } });
    expect(theme.value).toBe("light");
    on.get("afterprint")?.();
    expect(root.dataset.theme).toBe("dark");
  });

  it("keeps high contrast, which is black on white", () => {
    choice.value = "contrast";
    on.get("beforeprint")?.();
    expect(root.dataset.theme).toBe("contrast");
  });
});
