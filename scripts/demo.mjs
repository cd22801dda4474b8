// `make demo`: runs scripts/demo.ts.
import { importTypeScript } from "./typescript_command.mjs";

await importTypeScript("scripts/demo.ts", "demo");
