/** Reads the configurations in manifests of Kubernetes: those of ConfigMaps, with the containers that stand beside them. */
import path from "node:path";
import { readClassic } from "./classic_configuration.js";
import { emptyConfiguration, type Configuration, type Container, type Start } from "./configuration.js";
import { MountedFiles, type ConfigurationText } from "./configuration_files.js";
import { below, itemsOf, pairsOf, textInside, textOf, textsOf, type ParsedText } from "./yaml_nodes.js";
import { readYaml } from "./yaml_configuration.js";

const usualNames = ["fluent-bit.conf", "fluent-bit.yaml", "fluent-bit.yml"];

/** Whether a document is an object of Kubernetes. */
export function isManifest(document: unknown): boolean {
  return textOf(below(document, "apiVersion")) !== undefined && textOf(below(document, "kind")) !== undefined;
}

/** Returns a configuration for each ConfigMap (or Secret with stringData) that has one. */
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

/** Reads the main files among texts that lie side by side in a folder of the pod; none where there is no main file. */
export function readMounted(texts: ReadonlyMap<string, ConfigurationText>, holder: string, container: Container | undefined): Configuration[] {
  const mains = mainsOf(texts, container?.start);
  if (mains.length === 0) return [];
  const files = new MountedFiles(holder, texts);
  const configuration = emptyConfiguration(mains.every(isYamlName) ? "YAML" : "classic", container);
  configuration.isInside = true;
  for (const main of mains) (isYamlName(main) ? readYaml : readClassic)(main, files, configuration);
  return [configuration];
}

/** The file that the command line names; else that of the usual name; else all that have a section of a pipeline. */
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

/** The containers of a pod, or of the template of what makes pods. */
function containersIn(object: unknown): unknown[] {
  const specs = [["spec"], ["spec", "template", "spec"], ["spec", "jobTemplate", "spec", "template", "spec"]];
  return specs.flatMap((keys) => itemsOf(below(object, ...keys, "containers")));
}

function isFluentBit(container: unknown): boolean {
  return ["name", "image"].some((key) => /fluent-?bit/iu.test(textOf(below(container, key)) ?? ""));
}

/** What `env` of containers sets; a value from elsewhere is not known here. */
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
