package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PiecesTest {
  @Test
  void aTextComesInShortPieces() {
    assertThat(Pieces.ofText("I will create the file."))
        .containsExactly("I will creat", "e the file.");
    assertThat(Pieces.ofText("")).isEmpty();
  }

  @Test
  void aLongTextComesWholeInPiecesThatAreNotTooMany() {
    String text = "0123456789é\uD83D\uDE00 ".repeat(20_000);
    List<String> pieces = Pieces.ofText(text);
    assertThat(pieces).hasSizeBetween(400, 500);
    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(pieces).noneMatch(piece -> Character.isLowSurrogate(piece.charAt(0)));
  }
}
