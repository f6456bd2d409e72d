//! Operand plots as PNG: a square of pixels for each cell, the first value to the right and the
//! second up.

use std::path::Path;

use anyhow::Result;
use connectome::probe::Grid;
use connectome_graph::write_whole;

/// Pixels of a cell's side.
const SIDE: usize = 4;

/// From white to this at the largest cell; to the other at as much below zero.
const OVER: [f32; 3] = [0.0, 114.0, 178.0];
const UNDER: [f32; 3] = [213.0, 94.0, 0.0];

/// Writes a plot, whole or not at all.
pub(super) fn write(grid: &Grid, path: &Path) -> Result<()> {
    let (width, height) = (grid.n_a * SIDE, grid.n_b * SIDE);
    let pixels = pixels(grid);
    Ok(write_whole(path, |out| {
        let mut encoder = png::Encoder::new(out, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        Ok(writer.finish()?)
    })?)
}

/// Rows of pixels from the top, three bytes each.
fn pixels(grid: &Grid) -> Vec<u8> {
    let largest = grid.cells.iter().fold(0.0_f32, |most, cell| most.max(cell.abs()));
    let mut pixels = Vec::with_capacity(grid.cells.len() * SIDE * SIDE * 3);
    for b in (0..grid.n_b).rev() {
        let row: Vec<u8> = (0..grid.n_a)
            .flat_map(|a| [colour(grid.cells[a * grid.n_b + b], largest); SIDE])
            .flatten()
            .collect();
        for _ in 0..SIDE {
            pixels.extend_from_slice(&row);
        }
    }
    pixels
}

fn colour(cell: f32, largest: f32) -> [u8; 3] {
    let share = if largest > 0.0 { cell.abs() / largest } else { 0.0 };
    let strongest = if cell < 0.0 { UNDER } else { OVER };
    strongest.map(|end| (255.0 + share * (end - 255.0)).round() as u8)
}

#[cfg(test)]
mod tests {
    use connectome_graph::FeatureId;

    use super::*;

    #[test]
    fn the_first_value_goes_right_and_the_second_up() {
        let id = FeatureId { layer: 0, index: 0 };
        // Only (first 2, second 0) fires, of 3 by 2.
        let grid = Grid { id, n_a: 3, n_b: 2, cells: vec![0.0, 0.0, 0.0, 0.0, 5.0, 0.0] };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.png");
        write(&grid, &path).unwrap();
        let decoder =
            png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width as usize, info.height as usize), (3 * SIDE, 2 * SIDE));
        let at = |x: usize, y: usize| &pixels[3 * (y * 3 * SIDE + x)..][..3];
        assert_eq!(at(3 * SIDE - 1, 2 * SIDE - 1), [0, 114, 178]);
        assert_eq!(at(3 * SIDE - 1, 0), [255; 3]);
        assert_eq!(at(0, 2 * SIDE - 1), [255; 3]);
    }
}
