/** Reads the configurations in Kubernetes manifests: ConfigMaps, with the containers of the same file. */
import path from "node:path";
import { readClassic } from "./classic_configuration.js";
import { emptyConfiguration, type Configuration, type Container, type Start } from "./configuration.js";
import { MountedFiles, type ConfigurationText } from "./configuration_files.js";
import { below, itemsOf, pairsOf, textInside, textOf, textsOf, type ParsedText } from "./yaml_nodes.js";
import { readYaml } from "./yaml_configuration.js";

const usualNames = ["fluent-bit.conf", "fluent-bit.yaml", "fluent-bit.yml"];

/** Returns whether a document is a Kubernetes object. */
export function isManifest(document: unknown): boolean {
  return textOf(below(document, "apiVersion")) !== undefined && textOf(below(document, "kind")) !== undefined;
}

/** Returns the configuration of each ConfigMap (or Secret with stringData) that has one. */
export function readManifest(parsed: ParsedText): Configuration[] {
  const objects = parsed.documents.flatMap((document) => (textOf(below(document, "kind")) === "List" ? itemsOf(below(document, "items")) : [document]));
  const containers = objects.flatMap((object) => containersIn(object));
  const fluentBits = containers.filter((container) => isFluentBit(container));
  const used = fluentBits.length > 0 ? fluentBits : containers;
  const start = used.map((container) => startOf(container, parsed)).find((each) => each !== undefined);
  const container: Container | undefined = used.length === 0 ? undefined : { ...variablesOf(used), start };
  return objects.flatMap((object) => {
    const kind = textOf(below(object, "kind"));
    const data = kind === "ConfigMap" ? below(object, "data") : kind === "Secret" ? below(object, "stringData") : undefined;
    const texts = new Map(pairsOf(data).map(({ key, value }) => [key, textInside(value, parsed)]));
    return readMounted(texts, `the ${kind ?? ""}`, container);
  });
}

/** Reads the main files among texts mounted in one folder of the pod; returns no configuration without a main file. */
export function readMounted(texts: ReadonlyMap<string, ConfigurationText>, holder: string, container: Container | undefined): Configuration[] {
  const mains = mainsOf(texts, container?.start);
  if (mains.length === 0) return [];
  const files = new MountedFiles(holder, texts);
  const configuration = emptyConfiguration(mains.every(isYamlName) ? "YAML" : "classic", container);
  configuration.isInside = true;
  for (const main of mains) (isYamlName(main) ? readYaml : readClassic)(main, files, configuration);
  return [configuration];
}

/** Returns the file that the command line names; else one of a usual name; else all files with a section of a pipeline. */
function mainsOf(texts: ReadonlyMap<string, ConfigurationText>, start: Start | undefined): string[] {
  const named = /(?:^|\s)(?:-c|--config)[\s=]?(\S+)/u.exec(start?.words.join(" ") ?? "")?.[1];
  const candidates = [...(named === undefined ? [] : [path.posix.basename(named)]), ...usualNames];
  const main = candidates.find((name) => texts.has(name));
  if (main !== undefined) return [main];
  const isPart = (name: string, { text }: ConfigurationText) =>
    isYamlName(name) ? /^pipeline:/mu.test(text) : /^\s*\[(?:service|input|filter|output)s?\]/imu.test(text);
  return [...texts].filter(([name, text]) => isPart(name, text)).map(([name]) => name);
}

function isYamlName(name: string): boolean {
  return /\.ya?ml$/iu.test(name);
}

/** Returns the containers of a pod or of a pod template. */
function containersIn(object: unknown): unknown[] {
  const specs = [["spec"], ["spec", "template", "spec"], ["spec", "jobTemplate", "spec", "template", "spec"]];
  return specs.flatMap((keys) => itemsOf(below(object, ...keys, "containers")));
}

function isFluentBit(container: unknown): boolean {
  return ["name", "image"].some((key) => /fluent-?bit/iu.test(textOf(below(container, key)) ?? ""));
}

/** Returns the variables that `env` of containers sets; a value from elsewhere (valueFrom) is undefined. */
export function variablesOf(containers: readonly unknown[]): Omit<Container, "start"> {
  const variables = containers.flatMap((container) =>
    itemsOf(below(container, "env")).map((item) => [textOf(below(item, "name")) ?? "", textOf(below(item, "value"))] as const),
  );
  return { variables: new Map(variables), hasMoreVariables: containers.some((container) => below(container, "envFrom") !== undefined) };
}

function startOf(container: unknown, { placeOf }: ParsedText): Start | undefined {
  const command = below(container, "command");
  const args = below(container, "args");
  const words = [...textsOf(command), ...textsOf(args)];
  return words.length === 0 ? undefined : { words, replacesImage: textsOf(command).length > 0, ...placeOf(command ?? args) };
}
