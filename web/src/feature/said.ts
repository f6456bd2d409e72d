// One feature on one text, in words.

import { percent, raw, tokenText } from "../ui/numbers.ts";
import type { FeatureOnText } from "../wire.ts";

/** Where it fires most, in words; colours are of the largest activation on this text. */
export function said({ tokens, activations, share_of_max }: FeatureOnText): string {
  const most = Math.max(...activations);
  if (!(most > 0)) return "It does not fire on this text.";
  const at = activations.indexOf(most);
  const fires = activations.filter((activation) => activation > 0).length;
  const share = share_of_max === null ? "" : `, ${percent(share_of_max)} of the index's largest`;
  const where = `“${tokenText(tokens[at]?.text ?? "")}” (position ${at})`;
  return `Fires on ${fires} of ${tokens.length} tokens, most on ${where}: activation ${raw(most)}${share}.`;
}
