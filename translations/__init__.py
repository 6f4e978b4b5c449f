"""The catalogues of texts: extracted from the source, translated in `kopilot_xl/texts/locale`, compiled for gettext."""
