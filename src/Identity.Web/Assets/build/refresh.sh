#!/bin/sh
# Run by hand when a version changes, never by the build. Fetches the packages named in ../README.md and rebuilds what is vendored from them. Needs npm and python3 with fonttools and brotli (PYTHON names another).
set -eu
uswds=3.14.0
pdfjs=6.5.438
sass=1
here=$(cd "$(dirname "$0")" && pwd)
assets=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm init -y >/dev/null && npm install --no-audit --no-fund --ignore-scripts "@uswds/uswds@$uswds" "pdfjs-dist@$pdfjs" "sass@$sass")
from="$work/node_modules"

(cd "$work" && npx --no-install sass --quiet --no-source-map --style=compressed --load-path="$from/@uswds/uswds/packages" "$here/uswds.scss" uswds.css)
node "$here/finish-css.mjs" "$work/uswds.css" "$from/@uswds/uswds/dist/img" "$assets/uswds.css"
cp "$from/@uswds/uswds/LICENSE.md" "$assets/LICENSE-uswds.md"

for weight in Regular Bold; do
  "${PYTHON:-python3}" -m fontTools.subset "$from/@uswds/uswds/dist/fonts/public-sans/PublicSans-$weight.woff2" --flavor=woff2 --no-hinting \
    --layout-features=kern,liga,tnum,mark,mkmk,ccmp,locl --unicodes-file="$here/characters.txt" \
    --output-file="$assets/fonts/public-sans-$(echo "$weight" | tr '[:upper:]' '[:lower:]').woff2"
done

rm -rf "$assets/pdfjs"
mkdir -p "$assets/pdfjs/wasm"
cp "$from/pdfjs-dist/build/pdf.min.mjs" "$from/pdfjs-dist/build/pdf.worker.min.mjs" "$from/pdfjs-dist/LICENSE" "$assets/pdfjs/"
cp -r "$from/pdfjs-dist/cmaps" "$from/pdfjs-dist/iccs" "$assets/pdfjs/"
mkdir "$assets/pdfjs/standard_fonts"
for part in FoxitSymbol.pfb FoxitDingbats.pfb LICENSE_FOXIT; do
  cp "$from/pdfjs-dist/standard_fonts/$part" "$assets/pdfjs/standard_fonts/"
done
for part in jbig2.wasm openjpeg.wasm qcms_bg.wasm LICENSE_JBIG2 LICENSE_OPENJPEG LICENSE_QCMS LICENSE_PDFJS_JBIG2 LICENSE_PDFJS_OPENJPEG LICENSE_PDFJS_QCMS; do
  cp "$from/pdfjs-dist/wasm/$part" "$assets/pdfjs/wasm/"
done
