// `npm run check`: runs scripts/check/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/check/main.ts", "check");
await main(process.argv.slice(2));
