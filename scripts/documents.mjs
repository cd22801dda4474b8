// `make documents`: runs scripts/documents/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/documents/main.ts", "documents");
main();
