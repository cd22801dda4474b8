/** The outputs of a configuration that are this plugin's, with their values as Fluent Bit gives them. */
import type { Configuration, Entry, Processor, Section } from "./configuration.js";
import type { Place } from "./findings.js";
import { resolve, type VariableReader } from "./variables.js";

/** An entry whose variables are replaced. */
export interface Setting extends Entry {
  /** In small letters. */
  readonly name: string;
  readonly resolved: string;
  readonly unset: readonly string[];
}

/** The entries of a section, to be asked for by name. */
export class Settings {
  readonly all: readonly Setting[];

  constructor(entries: readonly Entry[], read: VariableReader) {
    this.all = entries.map((entry) => {
      const { value, unset } = resolve(entry.value, read);
      return { ...entry, name: entry.key.toLowerCase(), resolved: value, unset };
    });
  }

  /** Of a key that stands twice, plugins get the first. Source: Fluent Bit, src/flb_kv.c, flb_kv_get_key_value. */
  first(name: string): Setting | undefined {
    return this.all.find((setting) => setting.name === name);
  }

  /** Of a key of Fluent Bit's own, or of [SERVICE], the last counts. Source: src/flb_output.c, flb_output_set_property. */
  last(name: string): Setting | undefined {
    return this.all.filter((setting) => setting.name === name).at(-1);
  }
}

/** An output of this plugin. */
export interface KinesisOutput {
  readonly place: Place;
  readonly settings: Settings;
  readonly processors: readonly Processor[];
}

/** What the rules look at. */
export interface Pipeline {
  readonly configuration: Configuration;
  readonly read: VariableReader;
  readonly service: Settings;
  readonly kinesis: readonly KinesisOutput[];
}

/** The plugin's name, in any case; what stands behind `://` is Fluent Bit's matter. Source: src/flb_output.c, check_protocol. */
const pluginName = /^kinesis(?:$|:\/\/)/iu;

/** Finds this plugin's outputs. */
export function pipelineOf(configuration: Configuration, read: VariableReader): Pipeline {
  const { sections } = configuration;
  const service = new Settings(sections.filter(({ kind }) => kind === "service").flatMap(({ entries }) => entries), read);
  const kinesis = outputsNamed(sections, read, pluginName);
  return { configuration, read, service, kinesis };
}

/** Whether its value is known here: a variable may be set where Fluent Bit runs. */
export function isKnown(setting: Setting | undefined): boolean {
  return setting === undefined || setting.unset.length === 0;
}

/** Outputs whose name is like the pattern. */
export function outputsNamed(sections: readonly Section[], read: VariableReader, name: RegExp): KinesisOutput[] {
  return sections
    .filter(({ kind }) => kind === "output")
    .map(({ entries, processors, file, line }) => ({ place: { file, line }, settings: new Settings(entries, read), processors }))
    .filter(({ settings }) => name.test(settings.first("name")?.resolved ?? ""));
}

/** Where a setting stands, or its output. */
export function placeOf(output: KinesisOutput, ...names: string[]): Place {
  const found = names.map((name) => output.settings.first(name)).find((setting) => setting !== undefined);
  return found === undefined ? output.place : { file: found.file, line: found.line };
}
