// `npm run check`: runs scripts/check/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/check/main.ts", "check");
// npm runs scripts in the project's folder, and passes the caller's folder in INIT_CWD.
process.chdir(process.env.INIT_CWD ?? process.cwd());
await main(process.argv.slice(2), "npm run check --");
