// Shows a PDF inside <div data-pdf-viewer data-src="…" data-sha256="hex">. The bytes are fetched once, their SHA-256 is compared with data-sha256,
// and exactly those bytes are drawn: what is shown is what the digest names. Scripts in documents do not run and links are not followed, because
// only the canvas and a layer of plain text are made. Markup with texts: PdfViewer.cshtml.
// The element tells its state by data-state="loading|locked|shown|failed" and an event "pdf-viewer" with detail { state, pages }.

const zoomSteps = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const pixelsPerPoint = 96 / 72;
const mostPixelsPerPage = 16_000_000;
const mostPixelsPerImage = 100_000_000;
const mostCanvases = 8;
const resizeSettles = 150; // ms

const texts = {
  loading: 'Loading the document…', page: 'Page {0} of {1}', previous: 'Previous page', next: 'Next page', zoomIn: 'Larger', zoomOut: 'Smaller',
  region: 'Document', shown: 'The document has {0} pages.', failed: 'The document cannot be shown.',
  password: 'The document is encrypted. Enter its password to read it.', open: 'Open', changed: 'The document that arrived is not the one to be shown. Do not continue.',
};

const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, index) => values[index]);

class DocumentChanged extends Error {}

async function fetchChecked(source, expected) {
  const answer = await fetch(source, { credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, b => b.toString(16).padStart(2, '0')).join('');
  if (hex !== expected.toLowerCase()) throw new DocumentChanged();
  return bytes;
}

class PdfViewer {
  constructor(element) {
    this.element = element;
    this.text = Object.fromEntries(Object.entries(texts).map(([key, english]) =>
      [key, element.dataset[`text${key[0].toUpperCase()}${key.slice(1)}`] ?? english]));
    this.zoom = zoomSteps.indexOf(1);
    this.pages = [];
    this.drawn = [];
    this.build();
  }

  build() {
    this.element.classList.add('id-pdf');
    this.place = Object.assign(document.createElement('span'), { className: 'id-pdf__place' });
    this.zoomText = Object.assign(document.createElement('span'), { className: 'id-pdf__zoom' });
    this.status = Object.assign(document.createElement('p'), { className: 'id-pdf__status' });
    this.status.setAttribute('role', 'status');
    this.status.style.margin = '0';
    this.bar = Object.assign(document.createElement('div'), { className: 'id-pdf__bar', hidden: true });
    // Turning and zooming stay together when a narrow bar wraps.
    const turning = Object.assign(document.createElement('div'), { className: 'id-pdf__tools' });
    turning.append(this.button('‹', this.text.previous, () => this.turn(-1)), this.button('›', this.text.next, () => this.turn(1)), this.place);
    const zooming = Object.assign(document.createElement('div'), { className: 'id-pdf__tools' });
    zooming.append(this.button('−', this.text.zoomOut, () => this.setZoom(this.zoom - 1)), this.zoomText, this.button('+', this.text.zoomIn, () => this.setZoom(this.zoom + 1)));
    this.bar.append(turning, zooming);
    this.list = Object.assign(document.createElement('div'), { className: 'id-pdf__pages', tabIndex: 0, hidden: true });
    this.list.setAttribute('role', 'region');
    this.list.setAttribute('aria-label', this.text.region);
    this.list.addEventListener('scroll', () => this.showPlace(), { passive: true });
    this.list.addEventListener('keydown', event => this.key(event));
    this.element.replaceChildren(this.bar, this.status, this.list);
  }

  button(sign, label, act) {
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'usa-button usa-button--outline', textContent: sign, title: label });
    button.setAttribute('aria-label', label);
    button.addEventListener('click', act);
    return button;
  }

  async open() {
    this.tell('loading', this.text.loading);
    try {
      const { src, sha256, pdfjs = './pdfjs/pdf.min.mjs', worker } = this.element.dataset;
      if (!/^[0-9a-f]{64}$/i.test(sha256 ?? '')) throw new Error('data-sha256 is not a SHA-256 in hexadecimal');
      const [bytes, library] = await Promise.all([fetchChecked(src, sha256), import(new URL(pdfjs, import.meta.url))]);
      const folder = new URL('./pdfjs/', import.meta.url).href;
      library.GlobalWorkerOptions.workerSrc = new URL(worker ?? './pdfjs/pdf.worker.min.mjs', import.meta.url).href;
      this.library = library;
      const opening = library.getDocument({
        data: bytes, isEvalSupported: false, enableXfa: false, maxImageSize: mostPixelsPerImage,
        cMapUrl: `${folder}cmaps/`, cMapPacked: true, standardFontDataUrl: `${folder}standard_fonts/`, wasmUrl: `${folder}wasm/`, iccUrl: `${folder}iccs/`,
      });
      // An encrypted document is opened here, by who knows its password: it is sent nowhere.
      opening.onPassword = use => this.askPassword(use);
      this.document = await opening.promise;
      await this.layOut();
      this.tell('shown', fill(this.text.shown, this.document.numPages));
    } catch (error) {
      console.error('pdf-viewer:', error);
      this.bar.hidden = this.list.hidden = true;
      this.list.replaceChildren();
      this.tell('failed', error instanceof DocumentChanged ? this.text.changed : this.text.failed);
    }
  }

  askPassword(use) {
    const form = Object.assign(document.createElement('form'), { className: 'id-pdf__password' });
    const label = Object.assign(document.createElement('label'), { className: 'usa-label', textContent: this.text.password });
    const field = Object.assign(document.createElement('input'), { type: 'password', className: 'usa-input', autocomplete: 'off', required: true });
    const button = Object.assign(document.createElement('button'), { className: 'usa-button', textContent: this.text.open });
    label.append(field);
    form.append(label, button);
    form.addEventListener('submit', event => {
      event.preventDefault();
      form.remove();
      this.tell('loading', this.text.loading);
      use(field.value);
    });
    this.tell('locked', '');
    this.element.append(form);
    field.focus();
  }

  async layOut() {
    this.bar.hidden = this.list.hidden = false;
    this.watch = new IntersectionObserver(entries => {
      for (const entry of entries) this.pages[entry.target.dataset.index].near = entry.isIntersecting;
      this.draw();
    }, { root: this.list, rootMargin: '50% 0px' });
    const first = await this.document.getPage(1);
    this.width = first.getViewport({ scale: pixelsPerPoint }).width;
    this.fit = this.fitWidth();
    for (let index = 0; index < this.document.numPages; index++) {
      const box = Object.assign(document.createElement('div'), { className: 'id-pdf__page' });
      box.dataset.index = index;
      box.setAttribute('role', 'group');
      box.setAttribute('aria-label', fill(this.text.page, index + 1, this.document.numPages));
      const page = { box, near: false, version: 0 };
      this.pages.push(page);
      this.size(page, first);
      this.list.append(box);
      this.watch.observe(box);
    }
    this.showZoom();
    this.showPlace();
    // A turned phone or a zoomed window: the page fits again.
    globalThis.addEventListener('resize', () => { clearTimeout(this.settling); this.settling = setTimeout(() => this.refit(), resizeSettles); });
    await this.drawPage(this.pages[0], 0);
  }

  fitWidth() {
    const style = getComputedStyle(this.list);
    const room = this.list.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd);
    return Math.min(1.25, Math.max(0.2, room / this.width));
  }

  get scale() { return this.fit * zoomSteps[this.zoom] * pixelsPerPoint; }

  size(page, pdfPage) {
    const viewport = pdfPage.getViewport({ scale: this.scale });
    page.box.style.width = `${Math.floor(viewport.width)}px`;
    page.box.style.height = `${Math.floor(viewport.height)}px`;
    page.box.style.setProperty('--total-scale-factor', this.scale);
    page.box.style.setProperty('--scale-round-x', '1px');
    page.box.style.setProperty('--scale-round-y', '1px');
    return viewport;
  }

  // One page at a time, nearest wish first, so that fast scrolling does not draw everything it passes.
  async draw() {
    if (this.drawing) return;
    this.drawing = true;
    try {
      for (let index; (index = this.pages.findIndex(p => p.near && p.drawnAt !== this.scale)) >= 0;)
        await this.drawPage(this.pages[index], index);
    } catch (error) {
      console.error('pdf-viewer:', error);
      this.status.classList.add('is-error');
      this.status.textContent = this.text.failed;
    } finally {
      this.drawing = false;
    }
  }

  async drawPage(page, index) {
    const scale = this.scale;
    if (page.drawnAt === scale) return;
    page.drawnAt = scale;
    const pdfPage = await this.document.getPage(index + 1);
    const viewport = this.size(page, pdfPage);
    const density = Math.min(globalThis.devicePixelRatio || 1, Math.sqrt(mostPixelsPerPage / (viewport.width * viewport.height)));
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width * density);
    canvas.height = Math.floor(viewport.height * density);
    canvas.setAttribute('role', 'presentation');
    // Annotations are drawn as pictures onto the canvas, with it the appearance of form fields and of older signatures.
    await pdfPage.render({ canvas, viewport, transform: [density, 0, 0, density, 0, 0], annotationMode: this.library.AnnotationMode.ENABLE }).promise;
    const layer = Object.assign(document.createElement('div'), { className: 'textLayer' });
    await new this.library.TextLayer({ textContentSource: pdfPage.streamTextContent(), container: layer, viewport }).render();
    if (page.drawnAt !== scale) return;
    page.box.replaceChildren(canvas, layer);
    this.drawn = [page, ...this.drawn.filter(p => p !== page)];
    for (const far of this.drawn.splice(mostCanvases)) {
      if (far.near) { this.drawn.push(far); continue; }
      far.drawnAt = undefined;
      far.box.querySelector('canvas')?.remove();
    }
  }

  get current() {
    const middle = this.list.scrollTop + this.list.clientHeight / 2;
    const index = this.pages.findIndex(p => p.box.offsetTop - this.list.offsetTop + p.box.offsetHeight >= middle);
    return index < 0 ? this.pages.length - 1 : index;
  }

  turn(step) {
    const page = this.pages[Math.min(this.pages.length - 1, Math.max(0, this.current + step))];
    if (page) this.list.scrollTop = page.box.offsetTop - this.list.offsetTop - 8;
  }

  async setZoom(step) {
    const zoom = Math.min(zoomSteps.length - 1, Math.max(0, step));
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    await this.resize();
    this.showZoom();
  }

  async refit() {
    const fit = this.fitWidth();
    if (fit === this.fit) return;
    this.fit = fit;
    await this.resize();
  }

  // Every page in the scale that now holds, at the place where the reader was.
  async resize() {
    const ratio = this.list.scrollTop / Math.max(1, this.list.scrollHeight);
    for (const [index, page] of this.pages.entries()) this.size(page, await this.document.getPage(index + 1));
    this.list.scrollTop = ratio * this.list.scrollHeight;
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') this.setZoom(this.zoom + 1);
    else if (event.key === '-') this.setZoom(this.zoom - 1);
    else return;
    event.preventDefault();
  }

  showPlace() { this.place.textContent = fill(this.text.page, this.current + 1, this.pages.length); }

  showZoom() { this.zoomText.textContent = `${Math.round(zoomSteps[this.zoom] * 100)} %`; }

  tell(state, text) {
    this.element.dataset.state = state;
    this.status.classList.toggle('is-error', state === 'failed');
    this.status.classList.toggle('id-sr-only', state === 'shown');
    this.status.textContent = text;
    this.element.dispatchEvent(new CustomEvent('pdf-viewer', { bubbles: true, detail: { state, pages: this.document?.numPages ?? 0 } }));
  }
}

for (const element of document.querySelectorAll('[data-pdf-viewer]')) new PdfViewer(element).open();
