// Tests an object against the schema of its kind, without a cluster.

// Packages by the API groups that they have the schemas of; Kubernetes' own have no dot or its domain.
const packages = {
  "cert-manager.io": "@kubernetes-models/cert-manager",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

async function modelOf({ apiVersion, kind }) {
  const group = apiVersion.split("/")[0];
  const models = await import(`${packages[group] ?? "kubernetes-models"}/${apiVersion}`);
  return (models.default ?? models)[kind];
}

// A copy that notes which of its keys are looked at: a schema looks at all that it knows.
function watched(value, path, unseen) {
  if (value === null || typeof value !== "object") return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, inner] of Object.entries(value)) {
    const here = `${path}/${key}`;
    unseen.add(here);
    const inside = watched(inner, here, unseen);
    Object.defineProperty(copy, key, {
      enumerable: true,
      get() {
        unseen.delete(here);
        return inside;
      },
    });
  }
  return copy;
}

// What a cluster would refuse or, of a field that it doesn't know, silently drop.
export async function problemsOf(object) {
  const model = await modelOf(object);
  if (model === undefined) return [`no schema of ${object.apiVersion} ${object.kind}`];
  const unseen = new Set();
  try {
    model.prototype.validate.call(watched(object, "", unseen));
  } catch (error) {
    return [error.message];
  }
  return [...unseen].map((key) => `${key}: unknown field`);
}
