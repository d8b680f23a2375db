# shellcheck shell=bash
# tool: vite, vitest, esbuild, TypeScript
# does: type-checks, bundles with esbuild, builds with vite, serves with vite, tests with vitest
# image: matrix
# version: node --version
npm config set cache /opt/npm-cache
npm config set offline true
echo '{"name": "project", "version": "1.0.0", "type": "module"}' >package.json
npm install --no-audit --no-fund typescript@5 esbuild vite@5 vitest@2
mkdir src
echo 'export function twice(x: number): number { return 2 * x; }' >src/part.ts
echo "import { twice } from './part'; document.title = String(twice(21));" >src/main.ts
echo "import { expect, test } from 'vitest'; import { twice } from './part'; test('twice', () => { expect(twice(21)).toBe(42); });" >src/part.test.ts
echo '<script type="module" src="/src/main.ts"></script>' >index.html
npx tsc --noEmit --strict --skipLibCheck --moduleResolution bundler --module esnext --target es2022 src/part.ts src/main.ts
echo 'export const x: number = "no";' >wrong.ts
must_fail npx tsc --noEmit wrong.ts
npx esbuild src/part.ts --bundle --minify --format=esm --outfile=part.js
[[ $(node -e 'import("./part.js").then(m => console.log(m.twice(4)))') == 8 ]]
npx vite build --logLevel warn
grep -rq 'document.title' dist
npx vitest run >report 2>&1 || { cat report; exit 1; }
grep -q '1 passed' report
npx vite --port 5173 --host 127.0.0.1 >log 2>&1 &
wait_for curl -sf http://127.0.0.1:5173/src/part.ts
curl -s http://127.0.0.1:5173/src/part.ts | has 'function twice(x)'
kill %1
