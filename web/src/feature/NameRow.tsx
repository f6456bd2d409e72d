// What a feature is called, whose name it is, and another name by hand.

import type { JSX } from "preact";
import { readOnly } from "../api/readOnly.ts";
import { file } from "../file/file.ts";
import { BY_HAND, nameText } from "../graph/names.ts";
import { ask } from "../ui/ask.tsx";
import { section, useActions } from "../ui/keys.ts";
import { Button, Chip } from "../ui/parts.tsx";
import type { FeatureLabel, FeatureName } from "../wire.ts";
import { nameEverywhere } from "./naming.ts";
import { featureId } from "./shape.ts";

interface NameRowProps {
  set: string;
  id: FeatureName;
  named: FeatureLabel;
  /** What is said where it has no name. */
  none: string;
  /** Beside a graph the name is given to the node or to the feature, there. */
  isBesideGraph: boolean;
}

export function NameRow(props: NameRowProps): JSX.Element {
  const { set, id, named, none } = props;
  const renames = !props.isBesideGraph && !file && !readOnly.value;
  const rename = (): void => void renameFeature(set, id, named);
  useActions(renames ? section("Feature", [["r", "Rename", rename]]) : []);
  return (
    <p class="row">
      {named.label ? (
        <>
          <strong class="feature-label">{nameText(named.label, named.label_source)}</strong>
          <Chip title="Where the name comes from">{named.label_source ?? "imported"}</Chip>
        </>
      ) : (
        <span class="muted">{none}</span>
      )}
      {renames && (
        <Button kind="quiet" keyName="r" title="Its name wherever it fires" onClick={rename}>
          Rename
        </Button>
      )}
    </p>
  );
}

/** What somebody called it; empty if nobody did. */
export function byHand({ label, label_source }: FeatureLabel): string {
  return label_source === BY_HAND ? (label ?? "") : "";
}

async function renameFeature(set: string, id: FeatureName, named: FeatureLabel): Promise<void> {
  const label = "Name wherever it fires; empty takes yours away";
  const text = await ask(`Name ${featureId(id)}`, label, named.label ?? "", "Rename");
  if (text !== null) await nameEverywhere(text, { set, ...id, now: byHand(named) });
}
