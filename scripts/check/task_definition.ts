/**
 * Reads the configuration that FireLens generates from an ECS task definition, with the file that it includes.
 * Source: amazon-ecs-agent, agent/taskresource/firelens/firelensconfig_unix.go.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { readClassic } from "./classic_configuration.js";
import { emptyConfiguration, refused, type Configuration, type Container, type Entry, type Section } from "./configuration.js";
import { diskFiles } from "./configuration_files.js";
import { below, isQuoted, itemsOf, pairsOf, textOf, type ParsedText } from "./yaml_nodes.js";
import { readYaml } from "./yaml_configuration.js";

/** Options of FireLens and of Docker's log driver, which Fluent Bit does not get. */
const notForFluentBit = new Set(["include-pattern", "exclude-pattern", "log-driver-buffer-limit"]);

/** Returns the containers of a task definition, as registered or as described; none for another document. */
function containersOf(document: unknown): readonly unknown[] {
  return [[], ["taskDefinition"]].flatMap((keys) => itemsOf(below(document, ...keys, "containerDefinitions")));
}

/** Returns whether a document is a task definition. */
export function isTaskDefinition(document: unknown): boolean {
  return [[], ["taskDefinition"]].some((keys) => below(document, ...keys, "containerDefinitions") !== undefined);
}

/** Reads a task definition; looks for the file that FireLens includes in the same folder. */
export function readTaskDefinition(file: string, parsed: ParsedText): Configuration {
  const { placeOf } = parsed;
  const containers = parsed.documents.flatMap((document) => containersOf(document));
  const router = containers.find((container) => below(container, "firelensConfiguration") !== undefined);
  const applications = containers.filter((container) => textOf(below(container, "logConfiguration", "logDriver")) === "awsfirelens");
  const configuration = emptyConfiguration("classic", routerOf(router, applications));
  const refuse = (node: unknown, message: string, advice: string) => configuration.problems.push(refused(placeOf(node), message, advice));
  if (router === undefined) {
    refuse(undefined, "no container of the task has a firelensConfiguration, so there is no log router", "Add one of type fluentbit, see examples/ecs-firelens");
    return configuration;
  }
  const type = below(router, "firelensConfiguration", "type");
  if (textOf(type) !== "fluentbit") {
    refuse(type ?? router, `the log router is '${textOf(type) ?? ""}', but this plugin is for Fluent Bit`, "Set the type of firelensConfiguration to fluentbit");
    return configuration;
  }
  configuration.sections.push({ kind: "input", name: "INPUT", entries: [{ key: "Name", value: "forward", ...placeOf(router) }], processors: [], ...placeOf(router) });
  for (const application of applications) configuration.sections.push(...outputOf(application, parsed, configuration));
  includeFile(file, router, parsed, configuration);
  return configuration;
}

/** Returns the log router's container. FireLens adds the variables for secretOptions. */
function routerOf(router: unknown, applications: readonly unknown[]): Container {
  const given = (key: string, value: string) =>
    itemsOf(below(router, key)).map((item) => [textOf(below(item, "name")) ?? "", value === "" ? undefined : textOf(below(item, value))] as const);
  const secrets = applications.flatMap((application) => itemsOf(below(application, "logConfiguration", "secretOptions")));
  const ofSecrets = secrets.map((secret) => [secretVariable(textOf(below(secret, "name")) ?? ""), undefined] as const);
  const hasMoreVariables = itemsOf(below(router, "environmentFiles")).length > 0;
  return { variables: new Map([...given("environment", "value"), ...given("secrets", ""), ...ofSecrets]), hasMoreVariables, start: undefined };
}

function secretVariable(option: string): string {
  return `the secret of ${option}`;
}

/** Returns the output of a container; none without options: the output may be in the file that FireLens includes. */
function outputOf(application: unknown, { placeOf }: ParsedText, configuration: Configuration): Section[] {
  const options = pairsOf(below(application, "logConfiguration", "options")).filter(({ key }) => !notForFluentBit.has(key));
  const secrets = itemsOf(below(application, "logConfiguration", "secretOptions"));
  const place = placeOf(below(application, "logConfiguration"));
  const entries: Entry[] = [{ key: "Match", value: `${textOf(below(application, "name")) ?? ""}-firelens*`, ...place }];
  for (const { key, keyNode, value } of options) {
    const where = placeOf(keyNode);
    if (!isQuoted(value)) configuration.problems.push(refused(where, `the value of '${key}' is not a string, and ECS accepts only strings there`, "Write it in quotes"));
    entries.push({ key, value: textOf(value) ?? "", ...where });
  }
  for (const secret of secrets) {
    const key = textOf(below(secret, "name")) ?? "";
    entries.push({ key, value: `\${${secretVariable(key)}}`, ...placeOf(secret) });
  }
  return entries.length === 1 ? [] : [{ kind: "output", name: "OUTPUT", entries, processors: [], ...place }];
}

function includeFile(file: string, router: unknown, { placeOf }: ParsedText, configuration: Configuration): void {
  const named = below(router, "firelensConfiguration", "options", "config-file-value");
  const value = textOf(named);
  if (value === undefined) return;
  const included = path.join(path.dirname(file), path.posix.basename(value));
  if (!existsSync(included)) {
    const message = `'${path.posix.basename(value)}', which FireLens includes, is not in the folder of this file, so it was not checked`;
    configuration.problems.push({ severity: "hint", place: placeOf(named), rule: "form", message, advice: "Put a copy into that folder: its [SERVICE] has Grace and Flush" });
    return;
  }
  (/\.ya?ml$/iu.test(value) ? readYaml : readClassic)(included, diskFiles, configuration);
}
