/**
 * Reads the configuration in values of the Helm chart `fluent-bit` of the Fluent project.
 * Source: fluent/helm-charts, charts/fluent-bit, templates/configmap.yaml, templates/_pod.tpl and values.yaml (0.58.1).
 */
import type { Configuration, Container, Section } from "./configuration.js";
import type { ConfigurationText } from "./configuration_files.js";
import { readMounted, variablesOf } from "./kubernetes_manifest.js";
import { below, pairsOf, textInside, textOf, textsOf, type ParsedText } from "./yaml_nodes.js";

const parts = ["service", "inputs", "filters", "outputs"] as const;
const chartsCommand = ["/fluent-bit/bin/fluent-bit"];
const chartsArgs = ["--workdir=/fluent-bit/etc", "--config=/fluent-bit/etc/conf/fluent-bit.conf"];
/** Inputs of the chart, if the values have none. */
const chartsInputs = ["tail", "systemd"];
/** A template that Helm fills in; its value does not matter here. */
const template = /\{\{.*?\}\}/gu;
const templateVariable = "a template of Helm";

/** Returns whether a document is values of the chart. */
export function isHelmValues(document: unknown): boolean {
  return [...parts, "customParsers", "extraFiles"].some((part) => below(document, "config", part) !== undefined);
}

/** Reads the configurations that the chart would install. */
export function readHelmValues(parsed: ParsedText): Configuration[] {
  const [values] = parsed.documents;
  const config = below(values, "config");
  const texts = new Map([...pairsOf(below(config, "upstream")), ...pairsOf(below(config, "extraFiles"))].map(({ key, value }) => [key, filled(textInside(value, parsed))]));
  const given = parts.map((part) => below(config, part)).filter((part) => textOf(part) !== undefined);
  texts.set("fluent-bit.conf", joined(given.map((part) => filled(textInside(part, parsed)))));
  texts.set("custom_parsers.conf", filled(textInside(below(config, "customParsers"), parsed)));
  const configurations = readMounted(texts, "the values", containerOf(values, parsed));
  if (below(config, "inputs") === undefined) {
    const place = parsed.placeOf(config);
    const inputs = chartsInputs.map((value): Section => ({ kind: "input", name: "INPUT", entries: [{ key: "Name", value, ...place }], processors: [], ...place }));
    for (const { form, sections } of configurations) if (form === "classic") sections.push(...inputs);
  }
  return configurations;
}

function containerOf(values: unknown, parsed: ParsedText): Container {
  const [commandNode, argsNode] = [below(values, "command"), below(values, "args")];
  const command = commandNode === undefined ? chartsCommand : textsOf(commandNode);
  const args = argsNode === undefined ? chartsArgs : textsOf(argsNode);
  const isReloaded = textOf(below(values, "hotReload", "enabled")) === "true";
  const words = [...command, ...args, ...(isReloaded ? ["--enable-hot-reload"] : [])];
  const { variables, hasMoreVariables } = variablesOf([values]);
  const start = { words, replacesImage: command.length > 0, ...parsed.placeOf(argsNode ?? commandNode ?? below(values, "config")) };
  return {
    variables: new Map([...variables, [templateVariable, undefined]]),
    hasMoreVariables: hasMoreVariables || below(values, "envWithTpl") !== undefined,
    start,
  };
}

/** Replaces each template within a line by a variable of unknown value, and empties lines with only a template. */
function filled({ text, place }: ConfigurationText): ConfigurationText {
  const lines = text.split("\n").map((line) => {
    const isTemplateAlone = line.includes("{{") && line.replaceAll(template, "").trim() === "";
    return isTemplateAlone ? "" : line.replaceAll(template, `\${${templateVariable}}`);
  });
  return { text: lines.join("\n"), place };
}

/** Concatenates texts; each line keeps its place. */
function joined(texts: readonly ConfigurationText[]): ConfigurationText {
  const lines = texts.flatMap(({ text, place }) => text.replace(/\n$/u, "").split("\n").map((line, index) => ({ line, place: place(index + 1) })));
  const [first] = lines;
  return { text: lines.map(({ line }) => line).join("\n"), place: (line) => lines[line - 1]?.place ?? first?.place ?? { file: "", line: 1 } };
}
