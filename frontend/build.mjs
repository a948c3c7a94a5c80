// Builds the scripts of the laboratory into the package; the built files are committed, so that users need no Node.
import { build } from "esbuild";

await build({
  entryPoints: ["src/lab.ts", "src/composer.ts"],
  outdir: process.argv[2] ?? "../src/resynapse/lab/static",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
});
