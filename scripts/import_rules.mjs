// Defines which files of src may import which, for dependency-cruiser.

/** The rooms of src from the lowest to the highest, each with the rooms below it that it may use. */
const rooms = {
  bytes: [],
  chunk: [],
  telemetry: [],
  record: ["bytes", "chunk"],
  pack: ["bytes", "chunk", "record"],
  delivery: ["bytes", "pack", "telemetry"],
  network: ["telemetry"],
  credentials: ["network", "telemetry"],
  kinesis: ["bytes", "record", "pack", "delivery", "network", "credentials", "telemetry"],
  files: ["delivery", "network", "telemetry"],
  options: ["record", "pack", "network", "kinesis", "telemetry"],
  output: ["bytes", "pack", "delivery", "options", "telemetry"],
  host: ["pack", "delivery", "network", "credentials", "kinesis", "files", "options", "output", "telemetry"],
};

/** Files of the root that every room may use. */
const shared = ["limits.ts", "configuration_error.ts"];

const depends = Object.entries(rooms).map(([room, below]) => ({
  name: `${room} uses ${below.length === 0 ? "no other room" : below.join(", ")}`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: [...[room, ...below].map((name) => `^src/${name}/`), ...shared.map((name) => `^src/${name}$`)] },
}));

export default {
  forbidden: [
    ...depends,
    { name: "no file imports itself in a circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "the stages use no module of Node's",
      severity: "error",
      from: { path: "^src/(?:bytes|chunk|record|pack|delivery|options|output)/", pathNot: "^src/pack/(?:zstd_)?compression\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "the stages use nothing of the SDK",
      severity: "error",
      from: { path: "^src/(?:bytes|chunk|record|pack|delivery|options|output)/" },
      to: { path: "/@(?:aws-sdk|smithy)/" },
    },
    {
      name: "only kinesis/api.ts uses the SDK's client of Kinesis",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/kinesis/api\\.ts$" },
      to: { path: "@aws-sdk/client-kinesis" },
    },
    {
      name: "only main.ts and host know the binding",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(?:main\\.ts$|host/)" },
      to: { path: "^src/host/binding\\.ts$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
