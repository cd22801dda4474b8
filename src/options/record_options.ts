/** Collects the options for a record's content, and checks them against each other. */
import { ConfigurationError } from "../configuration_error.js";
import type { RecordOptions } from "../record/shaper.js";
import type { OptionValues } from "./table.js";

/** Options that add a key to a record, in the order in which they add it. */
const addingOptions = ["time_key", "tag_key", "metadata_key"] as const;

/** @throws ConfigurationError when two options contradict each other */
export function recordOptionsOf(values: OptionValues): RecordOptions {
  checkAddedKeys(values);
  if (values.data_keys !== undefined && values.except_keys !== undefined) {
    throw new ConfigurationError("'except_keys' cannot be set together with 'data_keys'; remove one of the two");
  }
  return {
    partitionKey: values.partition_key,
    streamKey: values.stream_key,
    dataKeys: values.data_keys,
    exceptKeys: values.except_keys,
    logKey: values.log_key,
    appendNewline: values.append_newline,
    time:
      values.time_key === undefined || values.time_key_format === undefined
        ? undefined
        : { key: values.time_key, format: values.time_key_format },
    tagKey: values.tag_key,
    metadataKey: values.metadata_key,
    replaceDots: values.replace_dots,
  };
}

function checkAddedKeys(values: OptionValues): void {
  addingOptions.forEach((name, index) => {
    const key = values[name];
    const other = addingOptions.slice(0, index).find((before) => key !== undefined && values[before] === key);
    if (other !== undefined) throw new ConfigurationError(`'${other}' and '${name}' are both '${key ?? ""}', but each needs its own key`);
  });
}
