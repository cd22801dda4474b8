// `make kinesis`: runs scripts/local_kinesis.ts.
import { importTypeScript } from "./typescript_command.mjs";

await importTypeScript("scripts/local_kinesis.ts", "local_kinesis");
