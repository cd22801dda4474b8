/** Detects the form of a file that holds configurations of Fluent Bit, and reads them. */
import { readFileSync } from "node:fs";
import { readClassic } from "./classic_configuration.js";
import { emptyConfiguration, refused, type Configuration } from "./configuration.js";
import { isHelmValues, readHelmValues } from "./helm_values.js";
import { isManifest, readManifest } from "./kubernetes_manifest.js";
import { isTaskDefinition, readTaskDefinition } from "./task_definition.js";
import { readYaml } from "./yaml_configuration.js";
import { below, parseFile, type ParsedText } from "./yaml_nodes.js";

/** Files of other programs, by one of their top-level keys, with advice what to check instead. */
const foreign: readonly (readonly [key: string, name: string, advice: string])[] = [
  ["AWSTemplateFormatVersion", "a CloudFormation template", "Check the task definition, as 'aws ecs describe-task-definition' prints it"],
  ["Resources", "a CloudFormation template", "Check the task definition, as 'aws ecs describe-task-definition' prints it"],
  ["rule_files", "a file of tests of Prometheus alerts", "Check the configuration of Fluent Bit"],
  ["groups", "a file of Prometheus alerts", "Check the configuration of Fluent Bit"],
  ["Statement", "an IAM policy", "Check the configuration of Fluent Bit"],
  ["image", "a file of values for another Helm chart, or to merge with others", "Check the output of 'helm template' with all values"],
  ["services", "a Docker Compose file", "Check the configuration that it mounts, with --variables for its variables"],
];
const forms = "Name a configuration of Fluent Bit (*.conf, *.yaml), a Kubernetes manifest with a ConfigMap, values of the Helm chart fluent-bit, or an ECS task definition";

/**
 * Returns the configurations of a file, one for each ConfigMap of a manifest, with errors among their problems.
 * @throws when the file itself cannot be read
 */
export function readConfigurations(file: string): Configuration[] {
  const isYaml = /\.ya?ml$/iu.test(file);
  const isJson = /\.json$/iu.test(file) || (!isYaml && /^\s*\{/u.test(readFileSync(file, "utf8")));
  if (!isYaml && !isJson) return [looksLikeYaml(file) ?? readClassic(file)];
  const parsed = parseFile(file);
  const found = inside(file, parsed);
  if (found !== undefined) return parsed.errors.length > 0 ? [unreadable(parsed)] : found();
  const [name, advice] = foreign.filter(([key]) => parsed.documents.some((document) => below(document, key) !== undefined)).map(([, ...rest]) => rest)[0] ?? [];
  if (name !== undefined) return [refusal(file, `this is ${name}, not a configuration of Fluent Bit`, advice ?? forms)];
  if (isYaml) return [readYaml(file)];
  return parsed.errors.length > 0 ? [unreadable(parsed)] : [refusal(file, "this JSON is neither an ECS task definition nor a Kubernetes manifest", forms)];
}

/** Returns a reader for a file that contains a configuration of Fluent Bit; undefined for any other file. */
function inside(file: string, parsed: ParsedText): (() => Configuration[]) | undefined {
  const { documents } = parsed;
  if (documents.some(isTaskDefinition)) return () => [readTaskDefinition(file, parsed)];
  if (documents.some(isHelmValues)) return () => readHelmValues(parsed);
  if (!documents.some(isManifest)) return undefined;
  return () => {
    const configurations = readManifest(parsed);
    const message = "no ConfigMap of this manifest has a configuration of Fluent Bit";
    return configurations.length > 0 ? configurations : [refusal(file, message, "Check the manifest with the ConfigMap, or the file that the ConfigMap is made from")];
  };
}

/** Returns a configuration with the first parse error only: the others follow from it. */
function unreadable({ text, errors }: ParsedText): Configuration {
  const configuration = emptyConfiguration("YAML");
  const [first] = errors;
  const advice = text.includes("{{") ? "If it is a Helm template, check the output of 'helm template'" : "Correct it; often the indentation, a ':' or a comma before it is wrong";
  if (first !== undefined) configuration.problems.push(refused(first.place, `this cannot be read as YAML or JSON: ${first.message}`, advice));
  return configuration;
}

/** Rejects YAML in a file of another name. Source: Fluent Bit, src/config_format/flb_config_format.c, flb_cf_create_from_file. */
function looksLikeYaml(file: string): Configuration | undefined {
  const first = readFileSync(file, "utf8").split("\n").find((line) => !/^\s*(?:#|$|---)/u.test(line)) ?? "";
  if (!/^(?:service|env|includes|pipeline|apiVersion|kind|config|containerDefinitions):/u.test(first)) return undefined;
  return refusal(file, "this looks like YAML, which Fluent Bit reads only from a file whose name ends in .yaml or .yml", "Rename it");
}

function refusal(file: string, message: string, advice: string): Configuration {
  const configuration = emptyConfiguration("YAML");
  configuration.problems.push(refused({ file, line: 1 }, message, advice));
  return configuration;
}
