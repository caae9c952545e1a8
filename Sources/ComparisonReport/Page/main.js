document.title = visible(page.title);
byId('title').append(visible(page.title));
byId('notes').append(...page.notes.map(note => element('p', {}, visible(note))));
showSystems();
showRates();
showPairs();
showTrends();
showPairChoice();
prepareList();
prepareDetail();
showDifferences();
showList();
document.documentElement.dataset.ready = 'first view';
performance.mark('first view');
document.addEventListener('DOMContentLoaded', () => {
  document.documentElement.dataset.ready = 'all';
  showSounds();
  // The address names what is open too: whoever was too early for its sound gets it now.
  if (!opened?.timeline) openLinked();
});
