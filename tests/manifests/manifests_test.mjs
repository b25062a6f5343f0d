// The rules that deploy/k8s keeps, each tried on every overlay.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { metrics, settingsOf } from "./programs.mjs";
import { Manifests, containerOf, nameOf, portOf, readYaml, render, repository } from "./rendering.mjs";
import { problemsOf } from "./schema.mjs";

const services = ["scheduler", "discovery", "extractor", "loader"];

// The arrows of docs/architecture.md, and who else may come in: from, to.
const arrows = [
  ["command", "scheduler"],
  ["scheduler", "discovery"],
  ["scheduler", "extractor"],
  ["scheduler", "loader"],
  ["extractor", "loader"],
];
// Policies of the overlay that lead to databases: name, from.
const databases = [
  ["catalog-database", ["lockstitch-scheduler"]],
  ["sources", ["lockstitch-discovery", "lockstitch-extractor"]],
  ["destinations", ["lockstitch-loader"]],
];

const componentOf = (object) => object.metadata.labels["app.kubernetes.io/component"];
const component = ({ matchLabels }) => matchLabels["app.kubernetes.io/component"];
const secondsOf = (duration) => {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(duration);
  return number * { s: 1, m: 60, h: 3600, d: 86400 }[unit];
};

for (const overlay of ["single-node", "production"]) {
  const manifests = new Manifests(render(`deploy/k8s/overlays/${overlay}`));
  const rule = (name, body) => test(`${overlay}: ${name}`, body);
  const each = (name, body) => {
    for (const service of services) {
      rule(`${service}: ${name}`, () => body(manifests.get("Deployment", `lockstitch-${service}`), service));
    }
  };

  rule("there is a deployment for each service and no other", () => {
    assert.deepEqual(manifests.deployments.map(nameOf).sort(), services.map((name) => `lockstitch-${name}`).sort());
  });

  for (const object of manifests.objects) {
    rule(`${object.kind} ${nameOf(object)} is what its schema says`, async () => {
      assert.deepEqual(await problemsOf(object), []);
    });
  }

  rule("everything is in the namespace, which enforces the restricted standard", () => {
    const clusterScoped = ["Namespace", "PriorityClass"];
    const namespaced = manifests.objects.filter((object) => !clusterScoped.includes(object.kind));
    assert.deepEqual(namespaced.filter((object) => object.metadata.namespace !== "lockstitch").map(nameOf), []);
    const labels = manifests.get("Namespace", "lockstitch").metadata.labels;
    assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
  });

  rule("all run one image, of a version", () => {
    const images = new Set(manifests.deployments.map((deployment) => containerOf(deployment).image));
    assert.equal(images.size, 1);
    assert.match([...images][0], /:(?!latest$)[^:/]+$/);
  });

  each("its pods are restricted", ({ spec: { template } }) => {
    const { securityContext: pod, containers, ...rest } = template.spec;
    const { securityContext: container } = containers[0];
    assert.equal(containers.length, 1);
    assert.equal(pod.runAsNonRoot, true);
    assert.ok(pod.runAsUser >= 10001 && pod.runAsGroup >= 10001 && pod.fsGroup >= 10001);
    assert.equal(pod.seccompProfile.type, "RuntimeDefault");
    assert.deepEqual(container, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.equal(rest.automountServiceAccountToken, false);
    assert.equal(rest.enableServiceLinks, false);
  });

  each("it has a service account of its own", ({ spec }, service) => {
    assert.equal(spec.template.spec.serviceAccountName, `lockstitch-${service}`);
    assert.ok(manifests.get("ServiceAccount", `lockstitch-${service}`));
  });

  each("it asks for what it needs, and its memory has a limit", (deployment) => {
    const { requests, limits } = containerOf(deployment).resources;
    assert.ok(requests.cpu && requests.memory && limits.memory);
  });

  each("its command is its program", (deployment, service) => {
    assert.deepEqual(containerOf(deployment).command, [service]);
  });

  each("its settings are flags of its program", (deployment, service) => {
    const known = settingsOf(service);
    const settings = Object.keys(manifests.settings(deployment)).filter((name) => name.startsWith("LOCKSTITCH_"));
    assert.deepEqual(settings.filter((name) => !known.has(name)), []);
  });

  each("it listens at the ports that its container names", (deployment) => {
    const settings = manifests.settings(deployment);
    for (const [setting, port] of [["LISTEN", "grpc"], ["METRICS_LISTEN", "metrics"], ["HEALTH_LISTEN", "health"]]) {
      assert.equal(settings[`LOCKSTITCH_${setting}`], `0.0.0.0:${portOf(deployment, port)}`);
    }
  });

  each("calls come by TLS alone", (deployment) => {
    const settings = manifests.settings(deployment);
    assert.deepEqual(settings.LOCKSTITCH_PLAINTEXT.split(",").sort(), ["health", "metrics"]);
    assert.ok(settings.LOCKSTITCH_TLS_CERT && settings.LOCKSTITCH_TLS_KEY && settings.LOCKSTITCH_TLS_CA);
  });

  each("it is probed at its health port", (deployment) => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(deployment);
    const port = portOf(deployment, "health");
    assert.deepEqual(startupProbe.grpc, { port });
    assert.deepEqual(livenessProbe.grpc, { port });
    assert.deepEqual(readinessProbe.grpc, { port, service: "readiness" });
  });

  each("its service leads to its pods and no others, balanced by the client", ({ metadata, ...deployment }, service) => {
    const { spec } = manifests.get("Service", metadata.name);
    assert.equal(spec.clusterIP, "None");
    assert.deepEqual(manifests.selected({ matchLabels: spec.selector }), [metadata.name]);
    for (const { name, port, targetPort } of spec.ports) {
      assert.equal(targetPort, name);
      assert.equal(port, portOf(deployment, name));
    }
    assert.equal(service, componentOf({ metadata: deployment.spec.template.metadata }));
  });

  each("it selects its own pods", (deployment) => {
    assert.deepEqual(manifests.selected(deployment.spec.selector), [nameOf(deployment)]);
  });

  each("its disruption budget is of its pods, and lets a node be drained", (deployment) => {
    const { spec } = manifests.get("PodDisruptionBudget", nameOf(deployment));
    assert.deepEqual(manifests.selected(spec.selector), [nameOf(deployment)]);
    assert.equal(spec.maxUnavailable, 1);
  });

  each("the services that it calls are there", (deployment) => {
    const settings = manifests.settings(deployment);
    for (const service of services) {
      const target = settings[`LOCKSTITCH_${service.toUpperCase()}`];
      if (target === undefined) continue;
      const called = manifests.get("Deployment", `lockstitch-${service}`);
      assert.equal(target, `dns:///${nameOf(called)}:${portOf(called, "grpc")}`);
    }
  });

  each("its spread is over the pods of one version", ({ spec }) => {
    for (const { labelSelector, matchLabelKeys } of spec.template.spec.topologySpreadConstraints) {
      assert.deepEqual(labelSelector.matchLabels, { "app.kubernetes.io/name": "lockstitch" });
      assert.deepEqual(matchLabelKeys, ["app.kubernetes.io/component", "pod-template-hash"]);
    }
  });

  each("its files come from volumes that it has", (deployment) => {
    const mounts = containerOf(deployment).volumeMounts;
    const volumes = deployment.spec.template.spec.volumes;
    assert.deepEqual(mounts.map(({ name }) => name).sort(), volumes.map(({ name }) => name).sort());
    const files = Object.values(manifests.settings(deployment)).filter((value) => value?.startsWith("/"));
    for (const file of files) {
      assert.ok(mounts.some(({ mountPath, readOnly }) => readOnly && `${file}/`.startsWith(`${mountPath}/`)), file);
    }
  });

  each("it can be upgraded alone, once what all share is there", (deployment, service) => {
    for (const { configMapRef } of containerOf(deployment).envFrom) {
      const { labels } = manifests.get("ConfigMap", configMapRef.name).metadata;
      assert.ok([undefined, service].includes(labels["app.kubernetes.io/component"]));
    }
    assert.equal(componentOf(deployment), service);
  });

  each("its certificate is its own", ({ spec }, service) => {
    const { secret } = spec.template.spec.volumes.find(({ name }) => name === "tls");
    assert.equal(secret.secretName, `lockstitch-${service}-tls`);
    assert.equal(secret.defaultMode, 0o400);
  });

  each("what it has under way ends before its pod is killed", (deployment, service) => {
    const { LOCKSTITCH_DRAIN: drain = "0s" } = manifests.settings(deployment);
    assert.equal(secondsOf(drain) > 0, ["extractor", "loader"].includes(service));
    assert.ok(deployment.spec.template.spec.terminationGracePeriodSeconds >= secondsOf(drain) + 30);
  });

  rule("an extractor says where it is", () => {
    const extractor = manifests.get("Deployment", "lockstitch-extractor");
    const { env } = containerOf(extractor);
    assert.equal(env[0].valueFrom.fieldRef.fieldPath, "status.podIP");
    assert.equal(env[1].value, `$(${env[0].name}):${portOf(extractor, "grpc")}`);
  });

  rule("nothing comes in and nothing goes out by default", () => {
    const { spec } = manifests.get("NetworkPolicy", "default-deny");
    assert.deepEqual(spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  rule("calls go along the architecture's arrows and no others", () => {
    const incoming = [];
    const outgoing = [];
    for (const service of ["command", ...services]) {
      const { spec } = manifests.get("NetworkPolicy", service);
      assert.equal(component(spec.podSelector), service);
      const arrow = (peers, ports, make) => {
        for (const { podSelector, ...other } of peers) {
          assert.deepEqual(other, {});
          const [from, to] = make(component(podSelector));
          const port = portOf(manifests.get("Deployment", `lockstitch-${to}`), "grpc");
          assert.deepEqual(ports, [{ protocol: "TCP", port }]);
          (to === service ? incoming : outgoing).push([from, to]);
        }
      };
      for (const { from, ports } of spec.ingress ?? []) arrow(from, ports, (peer) => [peer, service]);
      for (const { to, ports } of spec.egress ?? []) arrow(to, ports, (peer) => [service, peer]);
    }
    assert.deepEqual(incoming.sort(), [...arrows].sort());
    assert.deepEqual(outgoing.sort(), [...arrows].sort());
  });

  for (const [policy, from] of databases) {
    rule(`${policy}: reached by ${from.join(", ")} alone`, () => {
      const { spec } = manifests.get("NetworkPolicy", policy);
      assert.deepEqual(manifests.selected(spec.podSelector).sort(), from);
      assert.deepEqual(spec.policyTypes, ["Egress"]);
      for (const { to } of spec.egress) assert.ok(to.every(({ ipBlock }) => ipBlock));
    });
  }

  rule("all are probed, and resolve names", () => {
    const probes = manifests.get("NetworkPolicy", "probes").spec;
    const health = new Set(manifests.deployments.map((deployment) => portOf(deployment, "health")));
    assert.deepEqual(manifests.selected(probes.podSelector).length, services.length);
    assert.deepEqual(probes.ingress, [...health].map((port) => ({ ports: [{ protocol: "TCP", port }] })));
    assert.deepEqual(manifests.selected(manifests.get("NetworkPolicy", "dns").spec.podSelector).length, services.length);
  });

  rule("schedulers are replaced before they go", () => {
    const { strategy } = manifests.get("Deployment", "lockstitch-scheduler").spec;
    assert.equal(strategy.rollingUpdate.maxUnavailable, 0);
  });
}

const production = new Manifests(render("deploy/k8s/overlays/production"));

test("production: all but schedulers are scaled, whose replicas nothing else sets", () => {
  const scaled = production.all("HorizontalPodAutoscaler").map(({ spec }) => spec.scaleTargetRef.name);
  assert.deepEqual(scaled.sort(), ["lockstitch-discovery", "lockstitch-extractor", "lockstitch-loader"]);
  for (const deployment of production.deployments) {
    assert.equal(deployment.spec.replicas === undefined, scaled.includes(nameOf(deployment)));
  }
});

test("production: extractors are scaled by slots, of which a part stays free", () => {
  const [{ external }] = production.get("HorizontalPodAutoscaler", "lockstitch-extractor").spec.metrics;
  const { rules } = readYaml("deploy/k8s/components/autoscaling/prometheus-adapter.yaml");
  assert.equal(external.metric.name, rules.external[0].name.as);
  const { LOCKSTITCH_SLOTS: slots } = production.settings(production.get("Deployment", "lockstitch-extractor"));
  assert.ok(Number(external.target.averageValue) < Number(slots));
});

test("production: the adapter's rule asks for metrics that there are", () => {
  const { rules } = readYaml("deploy/k8s/components/autoscaling/prometheus-adapter.yaml");
  const asked = JSON.stringify(rules).match(/lockstitch_(?!extractor_slots_wanted)[a-z_]+/g);
  assert.deepEqual(asked.filter((name) => !metrics.has(name)), []);
});

test("production: Prometheus scrapes every service, and may", () => {
  const { spec } = production.get("ServiceMonitor", "lockstitch");
  const ports = production.deployments.map((deployment) => portOf(deployment, "metrics"));
  for (const service of production.all("Service")) {
    assert.equal(service.metadata.labels["app.kubernetes.io/name"], spec.selector.matchLabels["app.kubernetes.io/name"]);
    assert.ok(service.spec.ports.some(({ name }) => name === spec.endpoints[0].port));
  }
  const [{ ports: open }] = production.get("NetworkPolicy", "prometheus").spec.ingress;
  assert.deepEqual(open, [{ protocol: "TCP", port: Math.min(...ports), endPort: Math.max(...ports) }]);
});

test("production: the rules are those of deploy/prometheus", () => {
  const { spec } = production.get("PrometheusRule", "lockstitch");
  assert.deepEqual(spec, readYaml("deploy/prometheus/rules/lockstitch.rules.yml"));
});

test("production: Grafana finds every dashboard of deploy/grafana", () => {
  const maps = production.all("ConfigMap").filter(({ metadata }) => metadata.labels?.grafana_dashboard === "1");
  const found = Object.assign({}, ...maps.map(({ data }) => data));
  const dashboards = readdirSync(path.join(repository, "deploy/grafana/dashboards"));
  assert.deepEqual(Object.keys(found).sort(), dashboards.sort());
});

test("production: no object is too large to be applied", () => {
  const limit = 262144;  // Of an annotation, in which kubectl keeps what it applied.
  const sizes = production.objects.map((object) => [nameOf(object), JSON.stringify(object).length]);
  assert.deepEqual(sizes.filter(([, size]) => size > limit), []);
});
