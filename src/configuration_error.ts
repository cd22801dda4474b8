/** Error in an option or an environment variable, with the message for the user. */

/** The message names the option or variable, its value, and the allowed values. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
