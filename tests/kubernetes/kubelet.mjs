// What a kubelet does for a pod and podman doesn't: kubelet.mjs RENDERED SERVICE POD ADDRESS FOLDER
//
// Writes FOLDER/pod.yaml for `podman kube play`: one replica of the service's Deployment, named POD, at ADDRESS, with the
// ConfigMaps that it refers to. Secrets and ConfigMaps that are volumes become files as a kubelet lays them out; run
// again, they are replaced as a kubelet does it, by the swap of a link.
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { Manifests, containerOf } from "../manifests/rendering.mjs";

const [rendered, service, pod, address, folder] = process.argv.slice(2);
const manifests = new Manifests(parseAllDocuments(readFileSync(rendered, "utf8")).map((document) => document.toJS()));
const deployment = manifests.get("Deployment", `lockstitch-${service}`);
const spec = deployment.spec.template.spec;
const container = containerOf(deployment);

// A volume's files, by name.
function contentOf({ secret, configMap }) {
  if (secret) {
    const { data } = manifests.get("Secret", secret.secretName);
    return Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64")]);
  }
  return Object.entries(manifests.get("ConfigMap", configMap.name).data);
}

function project(volume) {
  const place = path.join(folder, volume.name);
  mkdirSync(place, { recursive: true, mode: 0o755 });
  const version = mkdtempSync(path.join(place, "..version_"));
  chmodSync(version, 0o755);
  // As fsGroup has it: the group may read what the owner may.
  const mode = (volume.secret?.defaultMode ?? volume.configMap?.defaultMode ?? 0o644) | 0o440;
  for (const [name, value] of contentOf(volume)) {
    writeFileSync(path.join(version, name), value);
    chownSync(path.join(version, name), 0, spec.securityContext.fsGroup);
    chmodSync(path.join(version, name), mode);
    if (!existsSync(path.join(place, name))) symlinkSync(path.join("..data", name), path.join(place, name));
  }
  symlinkSync(path.basename(version), path.join(place, "..data_new"));
  renameSync(path.join(place, "..data_new"), path.join(place, "..data"));
  return { name: volume.name, hostPath: { path: place, type: "Directory" } };
}

mkdirSync(folder, { recursive: true });
spec.volumes = spec.volumes.map(project);

// The downward API.
for (const variable of container.env ?? []) {
  if (variable.valueFrom?.fieldRef.fieldPath === "status.podIP") {
    delete variable.valueFrom;
    variable.value = address;
  }
  variable.value = variable.value.replace("$(POD_IP)", address);
}

// Podman would publish ports at the host; probes are made from outside the pod, as a kubelet makes them.
for (const field of ["ports", "startupProbe", "livenessProbe", "readinessProbe"]) delete container[field];

deployment.metadata.name = pod;
deployment.spec.replicas = 1;
const configMaps = container.envFrom.map(({ configMapRef }) => manifests.get("ConfigMap", configMapRef.name));
writeFileSync(
  path.join(folder, "pod.yaml"),
  [...configMaps, deployment].map((object) => JSON.stringify(object, null, 2)).join("\n---\n"),
);
