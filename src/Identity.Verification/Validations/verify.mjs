// Makes the page quicker to use: a file can be dropped, the upload shows how far it is, and afterwards each state of the document can be saved,
// cut from the file that the person chose. The service keeps nothing, so only this page still has the bytes. Without script the form is an
// ordinary one, and the answer is the same page.

const form = document.querySelector('form[data-verify]');
if (form)
  enhance(form);

function enhance(form) {
  const input = form.querySelector('input[type=file]');
  const zone = form.querySelector('.id-file');
  zone.querySelector('[data-drop]').hidden = false;
  input.addEventListener('change', () => isSmallEnough(form, input));
  form.addEventListener('submit', event => {
    if (!isSmallEnough(form, input))
      return event.preventDefault();
    // A package is a download, and the browser shows how far it is.
    if (event.submitter?.hasAttribute('data-package'))
      return;
    event.preventDefault();
    send(form, input.files[0]);
  });
  for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'])
    document.addEventListener(type, event => {
      if (![...event.dataTransfer.types].includes('Files'))
        return;
      // A file that misses the field must not replace the page.
      event.preventDefault();
      zone.classList.toggle('is-over', type === 'dragenter' || type === 'dragover');
      if (type === 'drop' && event.dataTransfer.files.length > 0) {
        input.files = event.dataTransfer.files;
        form.requestSubmit();
      }
    });
}

function isSmallEnough(form, input) {
  const tooLarge = input.files.length > 0 && input.files[0].size > Number(form.dataset.maxBytes);
  input.setCustomValidity(tooLarge ? form.dataset.textTooLarge : '');
  return input.reportValidity();
}

function send(form, file) {
  const panel = form.querySelector('[data-progress]');
  const [status, bar, stop] = [panel.querySelector('[role=status]'), panel.querySelector('progress'), panel.querySelector('button')];
  const request = new XMLHttpRequest();
  const buttons = form.querySelectorAll('button[type=submit]');
  const busy = on => {
    panel.hidden = !on;
    buttons.forEach(button => button.disabled = on);
  };
  busy(true);
  bar.value = 0;
  status.textContent = form.dataset.textSending;
  request.upload.addEventListener('progress', event => {
    if (event.lengthComputable)
      bar.value = event.loaded / event.total;
  });
  request.upload.addEventListener('load', () => {
    bar.removeAttribute('value');
    status.textContent = form.dataset.textExamining;
  });
  request.addEventListener('load', () => show(request.response, file));
  request.addEventListener('error', () => {
    busy(false);
    panel.hidden = false;
    bar.hidden = true;
    stop.hidden = true;
    status.textContent = form.dataset.textFailed;
  });
  request.addEventListener('abort', () => busy(false));
  stop.onclick = () => request.abort();
  bar.hidden = stop.hidden = false;
  request.open('POST', form.getAttribute('action'));
  request.responseType = 'document';
  request.send(new FormData(form));
}

function show(answer, file) {
  const main = document.querySelector('main');
  const next = answer?.querySelector('main');
  if (!next)
    return location.reload();
  document.title = answer.title;
  main.className = next.className;
  main.replaceChildren(...[...next.childNodes].map(node => document.adoptNode(node)));
  // A refusal is the form again.
  const again = main.querySelector('form[data-verify]');
  if (again)
    enhance(again);
  // One that asks for the password is about this file: it need not be chosen again.
  const password = again?.querySelector('input[type=password][required]');
  if (password) {
    const chosen = new DataTransfer();
    chosen.items.add(file);
    again.querySelector('input[type=file]').files = chosen.files;
  }
  for (const link of main.querySelectorAll('[data-state-length]'))
    offer(link, file);
  window.scrollTo(0, 0);
  const heading = main.querySelector('h1');
  heading.tabIndex = -1;
  (password ?? heading).focus();
}

function offer(link, file) {
  const length = Number(link.dataset.stateLength);
  if (!Number.isSafeInteger(length) || length > file.size)
    return;
  link.href = URL.createObjectURL(file.slice(0, length, 'application/pdf'));
  link.parentElement.hidden = false;
}
