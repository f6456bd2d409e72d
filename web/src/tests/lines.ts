// A sweep as lines over its points: outputs, groups and targets, measured and predicted.

import { tokenText } from "../ui/numbers.ts";
import type { GroupEffect, SweepResult } from "../wire.ts";

type Values = readonly (number | null)[];

export interface Line {
  name: string;
  measured: Values;
  /** What the graph says; null where it says nothing of any point. */
  predicted: Values | null;
}

export interface Lines {
  unit: string;
  lines: readonly Line[];
}

const known = (values: Values): boolean => values.some((value) => value !== null);

/** What has a number nowhere is no line. */
export function linesOf(
  { points }: SweepResult,
  groups: readonly GroupEffect[],
): Record<"outputs" | "groups" | "targets", Lines> {
  const line = (name: string, measured: Values, predicted: Values): Line => {
    return { name, measured, predicted: known(predicted) ? predicted : null };
  };
  const tokens = new Map(
    points.flatMap(({ shift }) => shift.tokens.map(({ id, text }) => [id, text])),
  );
  const outputs = [...tokens].map(([id, text]) => {
    const ofToken = points.map(({ shift }) => shift.tokens.find((token) => token.id === id));
    return line(
      tokenText(text),
      ofToken.map((token) => token?.p_after ?? null),
      [],
    );
  });
  const moved = groups.map(({ name }, at) =>
    line(
      name,
      points.map((point) => point.groups[at] ?? null),
      points.map((point) => point.predicted[at] ?? null),
    ),
  );
  const targets = (points[0]?.targets ?? []).map(({ label }, at) =>
    line(
      tokenText(label),
      points.map((point) => point.targets[at]?.measured ?? null),
      points.map((point) => point.targets[at]?.predicted ?? null),
    ),
  );
  const drawn = (unit: string, all: readonly Line[]): Lines => {
    return { unit, lines: all.filter((one) => known(one.measured)) };
  };
  return {
    outputs: drawn("probability", outputs),
    groups: drawn("share of the original", moved),
    targets: drawn("change of the logit less the mean", targets),
  };
}
