/**
 * Makes the extension: `node editors/vscode/build.mjs [FILE.vsix]`, `editors/vscode/dist/xdpl.vsix` unless told. A .vsix
 * is a zip with the extension in `extension/`, a manifest, and the types of its files; it installs without a network.
 */
import { build } from "esbuild";
import { createWriteStream, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ZipFile } from "yazl";
import { serverOptions } from "../../build-options.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** What each file of the package holds: a file of the repository, or text. */
async function contents() {
  const dist = join(here, "dist");
  mkdirSync(dist, { recursive: true });
  await Promise.all([
    build(serverOptions(join(dist, "server.cjs"))),
    build({
      absWorkingDir: root,
      entryPoints: [join(here, "src/extension.ts")],
      outfile: join(dist, "extension.cjs"),
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      external: ["vscode"],
      minify: true,
      legalComments: "none",
      logLevel: "warning",
    }),
  ]);
  const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const own = { ...manifest, version };
  // The bundle is no module; only its sources are.
  delete own.type;
  const files = new Map([
    ["[Content_Types].xml", contentTypes],
    ["extension.vsixmanifest", vsixManifest(own)],
    ["extension/package.json", `${JSON.stringify(own, undefined, 2)}\n`],
  ]);
  const copy = (from, to) => files.set(`extension/${to}`, readFileSync(from));
  for (const name of ["dist/server.cjs", "dist/extension.cjs"]) copy(join(here, name), name);
  for (const name of ["language-configuration.json", "snippets/xdpl.json", "README.md", "LICENSE"])
    copy(join(here, name), name);
  for (const name of ["media/icon.png", "media/file.svg"]) copy(join(here, name), name);
  copy(join(root, "grammar/xdpl.tmLanguage.json"), "grammar/xdpl.tmLanguage.json");
  for (const name of readdirSync(join(root, "stdlib"), { recursive: true, encoding: "utf8" })) {
    const path = join(root, "stdlib", name);
    if (statSync(path).isFile()) copy(path, `stdlib/${name}`);
  }
  return files;
}

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${[
  [".json", "application/json"],
  [".vsixmanifest", "text/xml"],
  [".cjs", "application/javascript"],
  [".md", "text/markdown"],
  [".png", "image/png"],
  [".svg", "image/svg+xml"],
  [".xdpl", "text/plain"],
]
  .map(([extension, type]) => `<Default Extension="${extension}" ContentType="${type}"/>`)
  .join("")}</Types>
`;

const escaped = (text) =>
  text.replace(/[<>&"]/g, (one) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[one]);

function vsixManifest({
  name,
  displayName,
  description,
  version,
  publisher,
  engines,
  categories,
  keywords,
  extensionKind,
}) {
  const property = (id, value) =>
    `<Property Id="Microsoft.VisualStudio.Code.${id}" Value="${escaped(value)}"/>`;
  const asset = (type, path) => `<Asset Type="${type}" Path="${path}" Addressable="true"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escaped(displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(description)}</Description>
    <Tags>${escaped(keywords.join(","))}</Tags>
    <Categories>${escaped(categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>${property("Engine", engines.vscode)}${property("ExtensionKind", extensionKind.join(","))}</Properties>
    <License>extension/LICENSE</License>
    <Icon>extension/media/icon.png</Icon>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    ${asset("Microsoft.VisualStudio.Code.Manifest", "extension/package.json")}
    ${asset("Microsoft.VisualStudio.Services.Content.Details", "extension/README.md")}
    ${asset("Microsoft.VisualStudio.Services.Content.License", "extension/LICENSE")}
    ${asset("Microsoft.VisualStudio.Services.Icons.Default", "extension/media/icon.png")}
  </Assets>
</PackageManifest>
`;
}

/** The same files give the same bytes: no clock, no order of a folder. */
export async function packExtension(target) {
  const zip = new ZipFile();
  const files = await contents();
  const fixed = { mtime: new Date(Date.UTC(2000, 0, 1, 12)), mode: 0o100644 };
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    zip.addBuffer(Buffer.from(content), path, fixed);
  }
  zip.end();
  mkdirSync(dirname(target), { recursive: true });
  await pipeline(zip.outputStream, createWriteStream(target));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const target = resolve(process.argv[2] ?? join(here, "dist/xdpl.vsix"));
  await packExtension(target);
  console.log(`${relative(process.cwd(), target)}: ${statSync(target).size} bytes`);
}
