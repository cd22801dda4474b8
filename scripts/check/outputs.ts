/** Finds this plugin's outputs in a configuration, with their values as Fluent Bit passes them. */
import type { Configuration, Entry, Processor, Section } from "./configuration.js";
import type { Place } from "./findings.js";
import { resolve, type VariableReader } from "./variables.js";

/** An entry whose variables are replaced. */
export interface Setting extends Entry {
  /** Key in lower case. */
  readonly name: string;
  readonly resolved: string;
  readonly unset: readonly string[];
}

/** The entries of a section, by name. */
export class Settings {
  readonly all: readonly Setting[];

  constructor(entries: readonly Entry[], read: VariableReader) {
    this.all = entries.map((entry) => {
      const { value, unset } = resolve(entry.value, read);
      return { ...entry, name: entry.key.toLowerCase(), resolved: value, unset };
    });
  }

  /** Returns the first entry of a key, the one that plugins get. Source: Fluent Bit, src/flb_kv.c, flb_kv_get_key_value. */
  first(name: string): Setting | undefined {
    return this.all.find((setting) => setting.name === name);
  }

  /** Returns the last entry of a key, the one that counts for Fluent Bit's own keys and for [SERVICE]. Source: src/flb_output.c, flb_output_set_property. */
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

/** Input of the rules. */
export interface Pipeline {
  readonly configuration: Configuration;
  readonly read: VariableReader;
  readonly service: Settings;
  readonly kinesis: readonly KinesisOutput[];
}

/** Matches the plugin's name, in any case; Fluent Bit itself reads the text after `://`. Source: src/flb_output.c, check_protocol. */
const pluginName = /^kinesis(?:$|:\/\/)/iu;

/** Finds this plugin's outputs. */
export function pipelineOf(configuration: Configuration, read: VariableReader): Pipeline {
  const { sections } = configuration;
  const service = new Settings(sections.filter(({ kind }) => kind === "service").flatMap(({ entries }) => entries), read);
  const kinesis = outputsNamed(sections, read, pluginName);
  return { configuration, read, service, kinesis };
}

/** Returns whether a setting's value is known here: a variable may be set only where Fluent Bit runs. */
export function isKnown(setting: Setting | undefined): boolean {
  return setting === undefined || setting.unset.length === 0;
}

/** Returns the outputs whose name matches the pattern. */
export function outputsNamed(sections: readonly Section[], read: VariableReader, name: RegExp): KinesisOutput[] {
  return sections
    .filter(({ kind }) => kind === "output")
    .map(({ entries, processors, file, line }) => ({ place: { file, line }, settings: new Settings(entries, read), processors }))
    .filter(({ settings }) => name.test(settings.first("name")?.resolved ?? ""));
}

/** Returns the place of the first setting of these names, or of the output. */
export function placeOf(output: KinesisOutput, ...names: string[]): Place {
  const found = names.map((name) => output.settings.first(name)).find((setting) => setting !== undefined);
  return found === undefined ? output.place : { file: found.file, line: found.line };
}
