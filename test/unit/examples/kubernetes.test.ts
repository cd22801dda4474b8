// Tests that names, volumes, ports and times agree between the objects of the Kubernetes example.
import { describe, expect, it } from "vitest";
import { endSecondsOf, exampleDocuments, exampleJson, exampleText, exampleYaml, kubernetesConfiguration, sectionsOf } from "../../support/example_files.js";

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: { readonly memory: string }; readonly limits: Readonly<Record<string, string>> };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface DaemonSet extends Named {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
        readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
      };
    };
  };
}

const objects = exampleDocuments<Named>("kubernetes/fluent-bit.yaml");
const objectOf = (kind: string): Named => {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
};
const { spec, metadata } = objectOf("DaemonSet") as DaemonSet;
const pod = spec.template.spec;
const [container] = pod.containers;
const sections = sectionsOf(kubernetesConfiguration());
const propertyOf = (kind: string, key: string): string =>
  sections.find((section) => section.kind === kind)?.properties.get(key) ?? "";
const mebibytes = (text: string): number => Number(/^(\d+)Mi$/.exec(text)?.[1]);

describe("the DaemonSet", () => {
  it("has all its objects in its own namespace", () => {
    expect(objects.map(({ kind }) => kind)).toEqual(
      ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "DaemonSet"],
    );
    for (const kind of ["ServiceAccount", "ConfigMap"]) {
      expect(objectOf(kind).metadata.namespace).toBe(objectOf("Namespace").metadata.name);
    }
    expect(metadata.namespace).toBe(objectOf("Namespace").metadata.name);
    expect(pod.serviceAccountName).toBe(objectOf("ServiceAccount").metadata.name);
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
  });

  it("lets the service account read pods and namespaces", () => {
    const role = objectOf("ClusterRole") as Named & { readonly rules: readonly unknown[] };
    expect(role.rules).toEqual([{ apiGroups: [""], resources: ["namespaces", "pods"], verbs: ["get", "list", "watch"] }]);
    const binding = objectOf("ClusterRoleBinding") as Named & { readonly roleRef: object; readonly subjects: readonly object[] };
    expect(binding.roleRef).toMatchObject({ kind: "ClusterRole", name: role.metadata.name });
    expect(binding.subjects).toEqual([
      { kind: "ServiceAccount", name: pod.serviceAccountName, namespace: metadata.namespace },
    ]);
  });

  it("mounts each volume, and all folders that the configuration names", () => {
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
    expect(pod.volumes[0]?.configMap?.name).toBe(objectOf("ConfigMap").metadata.name);
    const mounted = (file: string, writable: boolean): boolean =>
      container.volumeMounts.some(({ mountPath, readOnly }) => file.startsWith(`${mountPath}/`) && !(writable && readOnly === true));
    expect(mounted(container.args.at(-1) ?? "", false)).toBe(true);
    expect(mounted(propertyOf("INPUT", "path"), false)).toBe(true);
    expect(mounted(propertyOf("INPUT", "db"), true)).toBe(true);
    expect(mounted(propertyOf("SERVICE", "storage.path"), true)).toBe(true);
    expect(container.securityContext["readOnlyRootFilesystem"]).toBe(true);
  });

  it("sets the variables of the configuration", () => {
    const used = [...kubernetesConfiguration().matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(container.env.map(({ name }) => name)).toEqual(used);
  });

  it("probes health and metrics at Fluent Bit's port", () => {
    const port = Number(propertyOf("SERVICE", "http_port"));
    expect(container.ports).toEqual([{ name: "http", containerPort: port }]);
    expect(propertyOf("SERVICE", "health_check")).toBe("On");
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(probe.httpGet).toEqual({ path: "/api/v1/health", port: "http" });
    }
    expect(spec.template.metadata.annotations).toMatchObject({
      "prometheus.io/port": String(port),
      "prometheus.io/path": "/api/v2/metrics/prometheus",
    });
    // A restart does not help if Kinesis does not respond: it must come later than the failing health.
    const { periodSeconds, failureThreshold = 3 } = container.livenessProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThan(Number(propertyOf("SERVICE", "hc_period")));
  });

  it("has the measured memory, and time for the end", () => {
    expect(mebibytes(container.resources.requests.memory)).toBeGreaterThan(89);
    expect(mebibytes(container.resources.limits["memory"] ?? "")).toBeGreaterThan(2 * 89);
    expect(container.resources.limits["cpu"], "throttled, it falls behind").toBeUndefined();
    const drainTimeout = propertyOf("OUTPUT", "drain_timeout");
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(endSecondsOf(propertyOf("SERVICE", "grace"), drainTimeout));
  });

  it("uses the pod's name as partition key", () => {
    expect(propertyOf("OUTPUT", "partition_key")).toBe("kubernetes->pod_name");
    expect(propertyOf("FILTER", "name")).toBe("kubernetes");
    expect(propertyOf("FILTER", "match")).toBe(propertyOf("INPUT", "tag"));
  });
});

describe("credentials", () => {
  const role = "eks.amazonaws.com/role-arn";

  it("with IRSA, the service account names its role", () => {
    expect(objectOf("ServiceAccount").metadata.annotations?.[role]).toMatch(/^arn:aws:iam::\d{12}:role\/[\w-]+$/);
  });

  it("with Pod Identity, the same service account names no role, and the service may assume the role", () => {
    const account = exampleYaml("kubernetes/service-account-pod-identity.yaml") as Named;
    const { name, namespace } = objectOf("ServiceAccount").metadata;
    expect(account).toMatchObject({ kind: "ServiceAccount", metadata: { name, namespace } });
    expect(account.metadata.annotations ?? {}).not.toHaveProperty([role]);
    const trust = exampleJson("kubernetes/pod-identity-trust-policy.json") as object;
    expect(trust).toMatchObject({
      Statement: [{ Principal: { Service: "pods.eks.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] }],
    });
  });
});

interface ContainerValues {
  readonly args: readonly string[];
  readonly initContainers: readonly { readonly command: readonly string[]; readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[] }[];
  readonly extraVolumes: readonly { readonly name: string }[];
  readonly extraVolumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

describe("the init container", () => {
  const base = exampleYaml("kubernetes/helm-values.yaml") as ContainerValues;
  const values = exampleYaml("kubernetes/init-container-values.yaml") as ContainerValues;

  it("copies the plugin to the path where Fluent Bit's container loads it", () => {
    const [init] = values.initContainers;
    const [mount] = init?.volumeMounts ?? [];
    const shared = values.extraVolumeMounts.find(({ name }) => name === mount?.name);
    expect(init?.command.at(-1)).toBe(mount?.mountPath);
    expect(values.args).toContain(`${shared?.mountPath}/kinesis.so`);
    expect(values.extraVolumes.map(({ name }) => name)).toContain(shared?.name);
    expect(exampleText("kubernetes/plugin.Dockerfile")).toContain(init?.command[2]?.replace(/\/\.$/, ""));
  });

  it("keeps all other values that it is merged with", () => {
    const withoutPlugin = (args: readonly string[]): string[] => args.filter((each) => !each.endsWith("kinesis.so"));
    expect(withoutPlugin(values.args)).toEqual(withoutPlugin(base.args));
    expect(values.extraVolumes).toEqual(expect.arrayContaining([...base.extraVolumes]));
    expect(values.extraVolumeMounts).toEqual(expect.arrayContaining([...base.extraVolumeMounts]));
  });
});

describe("the values of the EKS chart", () => {
  const values = exampleYaml("kubernetes/eks-chart-values.yaml") as {
    readonly image: { readonly repository: string; readonly tag: string };
    readonly kinesis: Readonly<Record<string, unknown>>;
  };

  it("name the image that the Dockerfile builds", () => {
    expect(exampleText("docker/aws-for-fluent-bit.Dockerfile")).toContain(`-t ${values.image.repository}:${values.image.tag} `);
  });

  it("set the same options as the DaemonSet's output", () => {
    const { enabled, stream, partitionKey, appendNewline, replaceDots, extraOutputs } = values.kinesis;
    expect({ enabled, stream }).toEqual({ enabled: true, stream: "my-stream" });
    expect(partitionKey).toBe(propertyOf("OUTPUT", "partition_key"));
    expect(appendNewline).toBe(propertyOf("OUTPUT", "append_newline"));
    expect(replaceDots).toBe(propertyOf("OUTPUT", "replace_dots"));
    expect(extraOutputs).toMatch(new RegExp(`^Retry_Limit +${propertyOf("OUTPUT", "retry_limit")}\n$`));
  });
});
