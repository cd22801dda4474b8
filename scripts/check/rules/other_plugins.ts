/** Finds inputs and filters with which Fluent Bit does not start. Source: src/flb_input.c, src/flb_filter.c. */
import type { Finding } from "../findings.js";
import { Settings, isKnown, type Pipeline, type Setting } from "../outputs.js";
import { isSize } from "../size.js";

/** Returns findings for filters without Match, and for invalid values of inputs. */
export function refusedSections({ configuration, read }: Pipeline): Finding[] {
  return configuration.sections.flatMap(({ kind, entries, file, line }) => {
    const settings = new Settings(entries, read);
    if (kind === "filter") return withoutMatch(settings) ? [matchMissing({ file, line })] : [];
    return kind === "input" ? [...storageType(settings.last("storage.type")), ...memoryLimit(settings.last("mem_buf_limit"))] : [];
  });
}

function withoutMatch(settings: Settings): boolean {
  return settings.first("name") !== undefined && ["match", "match_regex"].every((name) => settings.last(name)?.value === undefined);
}

function matchMissing(place: { readonly file: string; readonly line: number }): Finding {
  const message = "the filter has no Match or Match_Regex: it sees no records, and Fluent Bit 5.1 does not start with it";
  return { severity: "error", place, rule: "filter-match", message, advice: "Set Match, for example to *" };
}

function storageType(setting: Setting | undefined): Finding[] {
  if (setting === undefined || !isKnown(setting) || /^(?:memory|filesystem|memrb)$/iu.test(setting.resolved)) return [];
  return [refusal(setting, "is not a storage type that Fluent Bit knows", "Write memory, filesystem or memrb")];
}

function memoryLimit(setting: Setting | undefined): Finding[] {
  if (setting === undefined || !isKnown(setting) || isSize(setting.resolved)) return [];
  return [refusal(setting, "is not a size that Fluent Bit knows", "Write bytes, or a number with K, M or G such as 50M, or off")];
}

function refusal({ key, file, line }: Setting, what: string, advice: string): Finding {
  return { severity: "error", place: { file, line }, rule: "input-value", message: `'${key}' ${what}, and it does not start with it`, advice };
}
